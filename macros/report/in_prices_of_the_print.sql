{#
    An amount under a name that says the prices of the print (million_dkk_2015_prices): null where the study's are
    others, so that no column says what it is not.
#}
{% macro in_prices_of_the_print(amount) -%}
    {%- if var('compare_with_print') and var('price_year') | int == 2015 -%}
    {{ amount }}
    {%- else -%}
    cast(null as double)
    {%- endif -%}
{%- endmacro %}
