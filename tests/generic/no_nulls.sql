{# One query for many columns: a not_null test per column would take the build minutes. #}
{% test no_nulls(model, columns) %}

with

counts as (

    {% for column in columns %}
    select
        '{{ column }}' as column_name,
        count(*) - count({{ column }}) as nulls
    from {{ model }}
    {{ "union all" if not loop.last }}
    {% endfor %}

)

select *
from counts
where nulls > 0

{% endtest %}
