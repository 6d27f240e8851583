{# The stars of appendix table 6.1: significant at 5, 1 and 0.1 percent. None is an empty cell. #}
{% macro stars(p_value) -%}
    case
        when {{ p_value }} < 0.001 then '***'
        when {{ p_value }} < 0.01 then '**'
        when {{ p_value }} < 0.05 then '*'
    end
{%- endmacro %}
