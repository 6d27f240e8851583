{# Quantile of the standard normal distribution, for the levels that are used: 0.996875 holds eight intervals together (Bonferroni). #}
{% macro normal_quantile(probability) -%}
    {{ {0.975: 1.959963984540054, 0.996875: 2.7343687865331767, 0.999: 3.090232306167813}[probability] }}
{%- endmacro %}
