{#
    What tells the rows of each report table apart, in the order of the print: its rows first, then what it sets as
    columns. Column -> dimension of the seed report_labels; none: the value speaks for itself (years, fifths).
#}
{% macro report_dimensions() %}
    {{ return({
        'table_2_1': {'outcome': 'outcome', 'sex': 'sex'},
        'table_2_1_durations': {'sex': 'sex'},
        'table_2_2': {'outcome': 'outcome', 'residence_ground': 'residence_ground'},
        'table_2_2_durations': {'residence_ground': 'residence_ground'},
        'table_3_1': {'quantity': 'quantity'},
        'table_3_2': {'quintile': 'benchmark_fifth'},
        'table_4_1': {'scope': 'scope', 'line': 'line', 'year': none},
        'table_4_2': {'grouping': 'grouping', 'year': none},
        'table_4_3': {'year': none},
        'table_5_1': {'term': 'cost_need_term', 'model': 'model'},
        'table_5_1_fit': {'model': 'model'},
        'table_5_2': {'quintile': 'expenditure_fifth'},
        'figure_4_1': {'year': none},
        'figure_4_2': {'year': none},
        'figure_5_1_regression': {'term': 'regression_term', 'sample': 'sample'},
        'table_5_3': {'expenditure_level': 'expenditure_level', 'benchmark_level': 'benchmark_level'},
        'further_results': {'result': 'further_result'},
    }) }}
{% endmacro %}

{#
    A report table with the place of each row in print, and the row in words. A row that the seed has no words for
    (another year's dummy, say) is named by its key and stands last.
#}
{% macro with_report_labels(relation, item) -%}
    {%- set dimensions = report_dimensions()[item] -%}
    {%- set places, da, en = [], [], [] -%}
    {%- for column, dimension in dimensions.items() -%}
        {%- set value = 'cast(' ~ relation ~ '.' ~ column ~ ' as varchar)' -%}
        {%- if dimension -%}
            {%- do places.append('of_' ~ column ~ '.place') -%}
            {%- do da.append('coalesce(' ~ filled_label('of_' ~ column ~ '.label_da', value) ~ ', ' ~ value ~ ')') -%}
            {%- do en.append('coalesce(' ~ filled_label('of_' ~ column ~ '.label_en', value) ~ ', ' ~ value ~ ')') -%}
        {%- else -%}
            {%- do da.append(value) -%}
            {%- do en.append(value) -%}
        {%- endif -%}
        {%- do places.append(relation ~ '.' ~ column) -%}
    {%- endfor -%}
    select
        {{ relation }}.*,
        cast(row_number() over (order by {{ places | join(', ') }}) as integer) as row_position,
        {{ da | join(" || ', ' || ") }} as label_da,
        {{ en | join(" || ', ' || ") }} as label_en
    from {{ relation }}
    {%- for column, dimension in dimensions.items() if dimension %}
    left join {{ ref('report_labels') }} as of_{{ column }}
        on
            of_{{ column }}.dimension = '{{ dimension }}'
            and cast({{ relation }}.{{ column }} as varchar) = {{ filled_label(
                'of_' ~ column ~ '.value', 'cast(' ~ relation ~ '.' ~ column ~ ' as varchar)'
            ) }}
    {%- endfor %}
{%- endmacro %}

{# A label, or the value it is for, with the year at the end of the row's key and the study's variables filled in. #}
{% macro filled_label(label, value) -%}
    {%- set filled = namespace(sql="replace(" ~ label ~ ", '{year}', right(" ~ value ~ ", 4))") -%}
    {%- for name in ['first_expenditure_year', 'last_expenditure_year', 'outlier_municipality'] -%}
        {%- set filled.sql = "replace(" ~ filled.sql ~ ", '{" ~ name ~ "}', '" ~ var(name) ~ "')" -%}
    {%- endfor -%}
    {{ filled.sql }}
{%- endmacro %}

{# The same for a table of municipalities, named as they are; `order`: what they are in order of. #}
{% macro with_municipality_labels(relation, order) -%}
    select
        {{ relation }}.*,
        cast(row_number() over (order by {{ order }}) as integer) as row_position,
        {{ relation }}.municipality_name as label_da,
        {{ relation }}.municipality_name as label_en
    from {{ relation }}
{%- endmacro %}
