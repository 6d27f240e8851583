{#
    The kinds of groups, and what names the group of a municipality.
#}
{% set kinds = {
    'country': "'Danmark'",
    'region': 'region',
    'province': 'province',
} %}
with

municipalities as (

    select * from {{ ref('municipalities') }}

),

final as (

    {% for kind, name in kinds.items() %}
    select
        '{{ kind }}' as kind,
        {{ name }} as group_name,
        municipality_code
    from municipalities
    {{ "union all" if not loop.last }}
    {% endfor %}

)

select * from final
