{# One row per whole number from `first` to `last`, both included, as `number`; no row where last < first. #}
{% macro rows_between(relation, first, last, number) -%}
    {{ return(adapter.dispatch('rows_between', 'value_for_money')(relation, first, last, number)) }}
{%- endmacro %}

{% macro duckdb__rows_between(relation, first, last, number) -%}
    select
        {{ relation }}.*,
        cast(unnest(generate_series({{ first }}, {{ last }})) as integer) as {{ number }}
    from {{ relation }}
{%- endmacro %}

{# Spark's sequence would count downwards. #}
{% macro spark__rows_between(relation, first, last, number) -%}
    select
        {{ relation }}.*,
        explode(
            case when {{ first }} <= {{ last }} then sequence(cast({{ first }} as integer), cast({{ last }} as integer)) end
        ) as {{ number }}
    from {{ relation }}
{%- endmacro %}
