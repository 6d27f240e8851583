{# A value that may be published: null where it rests on fewer persons than the disclosure limit. #}
{% macro unless_few(persons, value) -%}
    case when {{ persons }} >= {{ var('disclosure_limit') }} then {{ value }} end
{%- endmacro %}
