{# The place of a value in a list, for rows in the order of a printed table; the first is 1. #}
{% macro position_in(column, values) -%}
    case {{ column }}
        {%- for value in values %}
        when '{{ value }}' then {{ loop.index }}
        {%- endfor %}
    end
{%- endmacro %}
