{#
    The printed cells of one table of the report beside the rebuilt ones: one row per row of the printed table
    and measure. `keys`: the columns both are joined on; `measures`: column -> tolerance, an SQL expression that
    may use the printed row (`printed.<column>`); `label`: what names the row, its keys by default; `where`:
    the printed rows that hold numbers, all by default. A printed row without a rebuilt one keeps its cells.
#}
{% macro report_cells(item, keys, measures, label=none, where=none) -%}
{%- set names = [] -%}
{%- for key in keys -%}{%- do names.append('cast(printed.' ~ key ~ ' as varchar)') -%}{%- endfor -%}
{%- for measure, tolerance in measures.items() %}
select
    '{{ item }}' as report_item,
    {{ label or names | join(" || ', ' || ") }} as row_label,
    rebuilt.row_position,
    rebuilt.label_da,
    rebuilt.label_en,
    '{{ measure }}' as measure,
    cast(printed.{{ measure }} as double) as published,
    cast(rebuilt.{{ measure }} as double) as rebuilt,
    cast({{ tolerance }} as double) as tolerance
from {{ ref('published_' ~ item) }} as printed
left join {{ ref(item) }} as rebuilt
    on {% for key in keys %}printed.{{ key }} = rebuilt.{{ key }}{{ ' and ' if not loop.last }}{% endfor %}
where
    printed.{{ measure }} is not null
    {%- if where %}
    and {{ where }}
    {%- endif %}
{{ 'union all' if not loop.last }}
{%- endfor %}
{%- endmacro %}

{# The items of the comparison, in the report's order, with the key of each printed table. #}
{% macro report_items() %}
    {{ return({
        'table_2_1': ['sex', 'outcome'],
        'table_2_1_durations': ['sex'],
        'table_2_2': ['residence_ground', 'outcome'],
        'table_2_2_durations': ['residence_ground'],
        'table_3_1': ['quantity'],
        'table_3_2': ['quintile'],
        'table_4_1': ['scope', 'line', 'year'],
        'table_4_2': ['grouping', 'year'],
        'table_4_3': ['year'],
        'table_5_1': ['model', 'term'],
        'table_5_1_fit': ['model'],
        'table_5_2': ['quintile'],
        'table_5_2_members': ['municipality_code'],
        'figure_5_1_regression': ['sample', 'term'],
        'table_5_3': ['expenditure_level', 'benchmark_level'],
        'appendix_table_5_1': ['municipality_code'],
        'appendix_table_6_1': ['sex', 'term'],
        'further_results': ['result'],
    }) }}
{% endmacro %}

{# The items that report.published_criteria speaks of, in the report's order: those above and two figures. #}
{% macro criteria_items() %}
    {% set items = report_items().keys() | list %}
    {% set figures = items.index('table_5_3') + 1 %}
    {{ return(items[:figures] + ['figure_5_3', 'figure_5_4'] + items[figures:]) }}
{% endmacro %}
