with

programme_days as (

    select * from {{ ref('int_programme_days') }}

),

population as (

    select * from {{ ref('int_population') }}

),

persons as (

    select
        programme_days.municipality_code,
        programme_days.year,
        programme_days.person_id,
        programme_days.person_days,
        population.danish_education,
        population.residence_group,
        population.world_region,
        population.country_group,
        {{ completed_years(
            'population.birth_date',
            "cast(cast(programme_days.year as varchar) || '-12-31' as date)"
        ) }} as age_years
    from programme_days
    inner join population
        on programme_days.person_id = population.person_id

),

-- a person counts by the days spent in the municipality's programme that year
days as (

    select
        municipality_code,
        year,
        cast(count(distinct person_id) as bigint) as persons,
        cast(sum(person_days) as bigint) as person_days,
        {% for share in composition_terms() %}
        cast(sum(case when {{ share.condition }} then person_days else 0 end) as bigint)
            as {{ share.term }}_days,
        cast(sum(case when {{ share.condition }} then 1 else 0 end) as bigint)
            as {{ share.term }}_persons{{ "," if not loop.last }}
        {% endfor %}
    from persons
    group by municipality_code, year

),

final as (

    select
        municipality_code,
        year,
        persons,
        person_days,
        cast(person_days as double) / {{ days_in_year('year') }} as full_year_persons,
        {{ is_withheld(
            'persons',
            within='year',
            key='municipality_code',
            candidate='persons <= ' ~ var('minimum_persons'),
        ) }} as is_withheld,
        {% for share in composition_terms() %}
        cast({{ share.term }}_days as double) / person_days as {{ share.term }},
        {{ share.term }}_persons{{ "," if not loop.last }}
        {% endfor %}
    from days

)

select * from final
order by
    municipality_code,
    year
