{#
    The grain of a table: no two rows share the key, and the columns in `complete` hold no null. One query, because
    every test costs the build a twentieth of a second.
#}
{% test one_row_per(model, key, complete=[]) %}

with

repeated_keys as (

    select count(*) as key_rows
    from {{ model }}
    group by {{ key | join(', ') }}
    having count(*) > 1

),

problems as (

    select
        'rows that share a key' as problem,
        sum(key_rows) as row_count
    from repeated_keys
    {% for column in complete %}
    union all
    select
        'no value in {{ column }}' as problem,
        count(*) - count({{ column }}) as row_count
    from {{ model }}
    {% endfor %}

)

select *
from problems
where row_count > 0

{% endtest %}
