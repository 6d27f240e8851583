{#
    Quantile of the standard normal distribution, for the levels that are used: 0.996875 holds eight intervals
    together, 0.998333 (1 - 0.025 / 15) fifteen (Bonferroni).
#}
{% macro normal_quantile(probability) -%}
    {{ {0.975: 1.959963984540054, 0.996875: 2.7343687865331767, 0.998333: 2.935199468866699, 0.999: 3.090232306167813}[probability] }}
{%- endmacro %}
