{{ config(enabled=var('compare_with_print')) }}
with

cells as (

    select * from {{ ref('report_cells') }}

),

errata as (

    select * from {{ ref('published_errata') }}

),

-- a misprint is compared with what the errata hold; an erratum without a row is about its column
corrected as (

    select
        cells.report_item,
        cells.row_label,
        cells.row_position,
        coalesce(cells.label_da, cells.row_label) as label_da,
        coalesce(cells.label_en, cells.row_label) as label_en,
        cells.row_label || ': ' || replace(cells.measure, '_', ' ') as cell,
        cells.measure,
        coalesce(errata.corrected, cells.published) as published,
        cells.rebuilt,
        cells.tolerance,
        errata.note as erratum,
        coalesce(errata.is_set_aside, false) as is_set_aside
    from cells
    left join errata
        on
            cells.report_item = errata.report_item
            and cells.measure = errata.measure
            and coalesce(errata.row_label, cells.row_label) = cells.row_label

),

-- a billionth is the guard against the rounding of floating-point numbers
final as (

    select
        report_item,
        row_label,
        row_position,
        label_da,
        label_en,
        cell,
        measure,
        published,
        rebuilt,
        rebuilt - published as difference,
        tolerance,
        coalesce(abs(rebuilt - published) <= tolerance + 1e-9, false) as within_tolerance,
        case
            when rebuilt is null and erratum is not null
                then
                    'Not compared: nothing is published '
                    || '(it would tell of few persons, or was not estimated). '
                    || erratum
            when rebuilt is null
                then 'Not compared: nothing is published '
                    || '(it would tell of few persons, or was not estimated).'
            when report_item = 'table_4_3' and measure = 'municipalities' and rebuilt < published
                then 'Municipalities of few persons in the year are withheld, and not counted.'
            else erratum
        end as note,
        is_set_aside
    from corrected

)

select * from final
order by
    {{ position_in('report_item', report_items().keys()) }},
    row_position,
    cell
