{#
    The groups of the sheet's profile: those of who comes, and of where from.
#}
{% set terms = [
    'share_refugees', 'share_under_25', 'share_danish_education_1', 'share_danish_education_2',
    'share_danish_education_3', 'share_africa', 'share_asia', 'share_europe_outside_eu28', 'share_syria',
    'share_iran_afghanistan', 'share_thailand_philippines', 'share_turkey',
] %}
with

composition as (

    select * from {{ ref('municipal_composition') }}

),

disclosure as (

    select * from {{ ref('int_composition_disclosure') }}

),

per_person as (

    select * from {{ ref('expenditure_per_person') }}

),

need as (

    select * from {{ ref('expenditure_need') }}

),

groups as (

    {% for term in terms %}
    select
        municipality_code,
        year,
        '{{ term }}' as term,
        {{ loop.index }} as row_position,
        {{ term }} as share
    from composition
    {{ "union all" if not loop.last }}
    {% endfor %}

),

-- where the cost-need model covers a municipality-year and any other group is withheld, these two
-- are withheld with it, whatever their size (int_composition_disclosure)
taken_along as (

    select
        disclosure.municipality_code,
        disclosure.year,
        'share_' || own.family as term
    from disclosure
    inner join need
        on
            disclosure.municipality_code = need.municipality_code
            and disclosure.year = need.year
    cross join (values ('under_25'), ('refugees')) as own (family)
    where
        disclosure.is_withheld
        and disclosure.family not in ('under_25', 'refugees')
    group by disclosure.municipality_code, disclosure.year, own.family

),

-- over the municipalities whose share is shown
means as (

    select
        year,
        term,
        {{ exact_sum('share') }} / count(share) as mean_of_municipalities
    from groups
    where share is not null
    group by year, term

),

last_years as (

    select
        municipality_code,
        max(year) as last_year
    from composition
    group by municipality_code

),

final as (

    select
        groups.municipality_code,
        groups.year,
        groups.term,
        groups.share,
        means.mean_of_municipalities,
        case
            when groups.share is not null then null
            when taken_along.term is not null then 'protects_another_cell'
            else coalesce(per_person.withheld_reason, 'few_persons')
        end as withheld_reason,
        cast(groups.row_position as integer) as row_position
    from groups
    inner join last_years
        on
            groups.municipality_code = last_years.municipality_code
            and groups.year = last_years.last_year
    left join means
        on
            groups.year = means.year
            and groups.term = means.term
    left join taken_along
        on
            groups.municipality_code = taken_along.municipality_code
            and groups.year = taken_along.year
            and groups.term = taken_along.term
    left join per_person
        on
            groups.municipality_code = per_person.municipality_code
            and groups.year = per_person.year

)

select * from final
order by
    municipality_code,
    row_position
