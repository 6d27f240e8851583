{# Quantile of the standard normal distribution, for the levels the funnel uses. #}
{% macro normal_quantile(probability) -%}
    {{ {0.975: 1.959963984540054, 0.999: 3.090232306167813}[probability] }}
{%- endmacro %}
