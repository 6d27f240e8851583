{# What staging does to a raw column: a trimmed text, a zero-padded code, a date, a number. #}

{% macro to_text(column) -%}
    nullif(trim(cast({{ column }} as varchar)), '')
{%- endmacro %}

{# Codes lose their leading zeros where a delivery stores them as numbers. #}
{% macro to_code(column, width) -%}
    lpad({{ to_text(column) }}, {{ width }}, '0')
{%- endmacro %}

{% macro to_date(column) -%}
    cast({{ column }} as date)
{%- endmacro %}

{% macro to_integer(column) -%}
    cast({{ column }} as integer)
{%- endmacro %}

{# Hours keep two decimals, so that their sums are exact in any order. #}
{% macro to_hours(column) -%}
    cast({{ column }} as decimal(12, 2))
{%- endmacro %}
