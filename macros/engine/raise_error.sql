{#
    An SQL expression that stops the query with the message `expression` (SQL text).
    Read it in a where clause: a column nobody reads may never be computed.
#}
{% macro raise_error(expression) -%}
    {{ return(adapter.dispatch('raise_error', 'value_for_money')(expression)) }}
{%- endmacro %}

{% macro duckdb__raise_error(expression) -%}
    error({{ expression }})
{%- endmacro %}

{% macro spark__raise_error(expression) -%}
    raise_error({{ expression }})
{%- endmacro %}
