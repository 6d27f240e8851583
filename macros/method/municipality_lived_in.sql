{# Christiansoe (411) has no municipality; Bornholm (400) is the nearest, and counts instead (DECISIONS.md, S6). #}
{% macro municipality_lived_in(column) -%}
    case when {{ column }} = '411' then '400' else {{ column }} end
{%- endmacro %}
