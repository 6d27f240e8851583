{#
    The groups of the sheet's profile: those of who comes, and of where from.
#}
{% set terms = [
    'share_refugees', 'share_under_25', 'share_danish_education_1', 'share_danish_education_2',
    'share_danish_education_3', 'share_africa', 'share_asia', 'share_europe_outside_eu28', 'share_syria',
    'share_iran_afghanistan', 'share_thailand_philippines', 'share_turkey',
] %}
with

municipal as (

    select * from {{ ref('municipal_composition') }}

),

national as (

    select * from {{ ref('national_composition') }}

),

groups as (

    {% for term in terms %}
    select
        municipal.municipality_code,
        municipal.year,
        '{{ term }}' as term,
        municipal.{{ term }} as share,
        national.{{ term }} as national_share,
        municipal.{{ term }}_withheld_reason as withheld_reason,
        cast({{ loop.index }} as integer) as row_position
    from municipal
    inner join national
        on municipal.year = national.year
    {{ "union all" if not loop.last }}
    {% endfor %}

),

last_years as (

    select
        municipality_code,
        max(year) as last_year
    from municipal
    group by municipality_code

),

unnamed as (

    select
        groups.municipality_code,
        groups.year,
        groups.term,
        groups.share,
        groups.national_share,
        groups.withheld_reason,
        groups.row_position
    from groups
    inner join last_years
        on
            groups.municipality_code = last_years.municipality_code
            and groups.year = last_years.last_year

),

final as (

    {{ with_municipality_names('unnamed') }}

)

select * from final
order by
    municipality_code,
    row_position
