{{ config(enabled=var('compare_with_print')) }}
-- Every number of every printed table must stand in report.published_comparison, and nothing else:
-- the columns are read from the database, so that a printed column that nobody compares is found.
-- Reference levels print 'Ref.'.
{% set numeric = [] %}
{% if execute %}
    {% for item, keys in report_items().items() %}
        {% for column in adapter.get_columns_in_relation(ref('published_' ~ item)) %}
            {% if column.name not in keys and (column.is_number() or column.is_float()) %}
                {% do numeric.append([item, column.name]) %}
            {% endif %}
        {% endfor %}
    {% endfor %}
{% endif %}
{% for item in report_items() %}{% do ref('published_' ~ item) %}{% endfor %}

with

printed as (
    {% for item, column in numeric %}
    select
        '{{ item }}' as report_item,
        '{{ column }}' as measure,
        cast(count({{ column }}) as bigint) as cells
    from {{ ref('published_' ~ item) }}
    {% if item == 'appendix_table_6_1' %}where reference = 'no'{% endif %}
    {{ 'union all' if not loop.last }}
    {% else %}
    select
        'none' as report_item,
        'none' as measure,
        cast(0 as bigint) as cells
    {% endfor %}
),

compared as (

    select
        report_item,
        measure,
        cast(count(distinct cell) as bigint) as cells,
        cast(count(*) as bigint) as all_rows
    from {{ ref('published_comparison') }}
    group by report_item, measure

)

select
    coalesce(printed.report_item, compared.report_item) as report_item,
    coalesce(printed.measure, compared.measure) as measure,
    printed.cells as printed_cells,
    compared.cells as compared_cells,
    compared.all_rows as compared_rows
from printed
full outer join compared
    on
        printed.report_item = compared.report_item
        and printed.measure = compared.measure
where
    coalesce(printed.cells, 0) <> coalesce(compared.cells, 0)
    or coalesce(compared.cells, 0) <> coalesce(compared.all_rows, 0)
