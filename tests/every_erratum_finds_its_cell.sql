{{ config(enabled=var('compare_with_print')) }}
-- An erratum whose words fit no printed cell would silently correct nothing.
select
    errata.report_item,
    errata.row_label,
    errata.measure
from {{ ref('published_errata') }} as errata
left join {{ ref('report_cells') }} as cells
    on
        errata.report_item = cells.report_item
        and errata.measure = cells.measure
        and coalesce(errata.row_label, cells.row_label) = cells.row_label
where cells.report_item is null
