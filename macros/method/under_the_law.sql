{#
    The persons with the shortest and the longest programme that the law gives them on the day it starts. The name of the rule
    is what the two are joined by: days alone would compare all with all.
#}
{% macro under_the_law(population, rules) -%}
    select
        persons.*,
        {{ rules }}.years_minimum,
        {{ rules }}.years_maximum
    from (
        select
            *,
            'legal' as programme_rule
        from {{ population }}
    ) as persons
    inner join {{ rules }}
        on
            persons.programme_rule = {{ rules }}.programme_rule
            and {{ is_valid_on(rules, 'persons.programme_start_date') }}
{%- endmacro %}
