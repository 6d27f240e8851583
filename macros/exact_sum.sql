{#
    The sum of a double that does not depend on the order of the rows, so that two builds agree to the last digit:
    the terms are rounded to 12 decimals and added as whole numbers. Terms and sum must stay below 1e26.
#}
{% macro exact_sum(expression) -%}
    cast(sum(cast({{ expression }} as decimal(38, 12))) as double)
{%- endmacro %}
