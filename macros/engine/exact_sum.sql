{#
    The sum of a double that does not depend on the order of the rows, so that two builds agree to the last digit:
    the terms are rounded to 12 decimals and added as whole numbers. Terms and sum must stay below 1e26. Engines differ in
    what they make of a double's decimals beyond its 16 digits; a sum that is rounded to fewer `decimals` is the same on all.
#}
{% macro exact_sum(expression, decimals=12) -%}
    cast(cast(sum(cast({{ expression }} as decimal(38, 12))) as decimal(38, {{ decimals }})) as double)
{%- endmacro %}
