{#
    A table with the name of each municipality beside its code: `municipality_name` beside `municipality_code`, and the same
    for the other words of `whose` (other_municipality_code). Meant for a code that stands for one of the 98; another has no name.
#}
{% macro with_municipality_names(relation, whose=['municipality']) -%}
    select
        {{ relation }}.*
        {%- for each in whose %},
        {{ each }}.municipality_name as {{ each }}_name
        {%- endfor %}
    from {{ relation }}
    {%- for each in whose %}
    left join {{ ref('municipalities') }} as {{ each }}
        on {{ relation }}.{{ each }}_code = {{ each }}.municipality_code
    {%- endfor %}
{%- endmacro %}
