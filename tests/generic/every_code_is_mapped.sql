{% test every_code_is_mapped(model, register, to, column_name=none, columns=none, fields=none, names=none) %}
    {% set columns = columns or [column_name] %}
    {% set fields = fields or columns %}
    {% set names = names or columns | map('upper') | list %}
    {% set seeds = [] %}
    {% if execute %}
        {% for node in graph.nodes.values() if node.resource_type == 'seed' and node.alias == to.identifier %}
            {% do seeds.append(node.original_file_path) %}
        {% endfor %}
    {% endif %}
    {% set one = columns | length == 1 %}
    {% set label = names[0] if one else '(' ~ names | join(', ') ~ ')' %}

with

codes as (

    select
        {% for column in columns %}
        cast({{ column }} as varchar) as code_{{ loop.index }},
        {% endfor %}
        count(*) as row_count
    from {{ model }}
    where {% for column in columns %}{{ column }} is not null{{ ' or ' if not loop.last }}{% endfor %}
    group by {{ columns | join(', ') }}

),

mapped as (

    select distinct
        {% for field in fields %}
        cast({{ field }} as varchar) as code_{{ loop.index }}{{ ',' if not loop.last }}
        {% endfor %}
    from {{ to }}

),

unmapped as (

    select codes.*
    from codes
    where not exists (
        select 1
        from mapped
        where {% for column in columns %}
            codes.code_{{ loop.index }} is not distinct from mapped.code_{{ loop.index }}
            {{ 'and' if not loop.last }}
        {% endfor %}
    )

),

-- the combination with the most rows stands for all
worst as (

    select
        {% for column in columns %}
        coalesce(code_{{ loop.index }}, 'no value') as code_{{ loop.index }},
        {% endfor %}
        row_count,
        count(*) over () - 1 as others
    from unmapped
    order by row_count desc{% for column in columns %}, code_{{ loop.index }}{% endfor %}
    limit 1

),

messages as (

    select
        'register {{ register }}: {{ label }} = '
        || {{ "''" if one else "'('" }}
        {% for column in columns %}
        || code_{{ loop.index }} || {{ "', '" if not loop.last else ("''" if one else "')'") }}
        {% endfor %}
        || ' in ' || cast(row_count as varchar) || case when row_count = 1 then ' row' else ' rows' end
        || ' is in no row of {{ seeds | first or to.identifier }}'
        || case
            when others = 0 then ''
            when others = 1 then ', nor is 1 other'
            else ', nor are ' || cast(others as varchar) || ' others'
        end
        || '. Add what it means to that file, or correct the delivery. '
        || 'See docs/bad_input.md#unmapped-code.' as message
    from worst

)

select message
from messages
where {{ raise_error('message') }} is null

{% endtest %}
