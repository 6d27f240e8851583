{#
    One row per person and filled-in column of a wide register: the columns whose names match `pattern`
    (a regular expression, case-blind) become rows (`name_column`, `value_column`). Empty cells give no row.
    In one pass, whatever the number of columns.
#}
{% macro unpivot_columns(relation, key, pattern, name_column, value_column) -%}
    {{ return(adapter.dispatch('unpivot_columns', 'value_for_money')(relation, key, pattern, name_column, value_column)) }}
{%- endmacro %}

{% macro duckdb__unpivot_columns(relation, key, pattern, name_column, value_column) -%}
    select
        {{ key }},
        lower({{ name_column }}) as {{ name_column }},
        {{ value_column }}
    from (
        unpivot (select {{ key }}, cast(columns('(?i){{ pattern }}') as varchar) from {{ relation }})
        on columns(* exclude ({{ key }}))
        into name {{ name_column }} value {{ value_column }}
    ) as unpivoted
    where trim({{ value_column }}) not in ('', '.')
{%- endmacro %}

{# A row as JSON leaves its empty cells out, and needs no list of the columns. #}
{% macro spark__unpivot_columns(relation, key, pattern, name_column, value_column) -%}
    select
        {{ key }},
        lower({{ name_column }}) as {{ name_column }},
        {{ value_column }}
    from (
        select
            {{ key }},
            explode(from_json(to_json(struct({{ relation }}.*)), 'map<string, string>'))
                as ({{ name_column }}, {{ value_column }})
        from {{ relation }}
    ) as unpivoted
    where
        {{ name_column }} rlike '(?i){{ pattern }}'
        and trim({{ value_column }}) not in ('', '.')
{%- endmacro %}
