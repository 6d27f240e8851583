with

programme_days as (

    select * from {{ ref('int_programme_days') }}

),

population as (

    select * from {{ ref('int_population') }}

),

persons as (

    {{ programme_members('programme_days', 'population') }}

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
        {{ share.term }}_days,
        {{ share.term }}_persons{{ "," if not loop.last }}
        {% endfor %}
    from days

)

select * from final
order by
    municipality_code,
    year
