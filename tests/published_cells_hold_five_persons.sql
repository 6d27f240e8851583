-- No published cell may rest on fewer persons than the disclosure limit. The exact numbers of
-- persons are counted here from the person-level tables, not taken from the models that suppress.
with

programme_days as (

    select * from {{ ref('int_programme_days') }}

),

spells as (

    select * from {{ ref('spells') }}

),

population as (

    select * from {{ ref('int_population') }}

),

persons as (

    select
        municipality_code,
        year,
        cast(count(distinct person_id) as bigint) as persons
    from programme_days
    group by municipality_code, year

),

cells as (

    select
        'expenditure.programme_persons' as published_table,
        published.municipality_code || ' ' || cast(published.year as varchar) as cell,
        persons.persons,
        coalesce(published.persons, published.full_year_persons) as published_value
    from {{ ref('programme_persons') }} as published
    left join persons
        on
            published.municipality_code = persons.municipality_code
            and published.year = persons.year
    union all
    select
        'expenditure.municipal_composition' as published_table,
        published.municipality_code || ' ' || cast(published.year as varchar) as cell,
        persons.persons,
        coalesce(
            {% for share in composition_terms() -%}
                published.{{ share.term }}{{ "," if not loop.last }}
            {% endfor %}
        ) as published_value
    from {{ ref('municipal_composition') }} as published
    left join persons
        on
            published.municipality_code = persons.municipality_code
            and published.year = persons.year
    union all
    select
        'expenditure.expenditure_per_person' as published_table,
        published.municipality_code || ' ' || cast(published.year as varchar) as cell,
        persons.persons,
        coalesce(published.full_year_persons, published.expenditure_per_full_year_person_dkk)
            as published_value
    from {{ ref('expenditure_per_person') }} as published
    left join persons
        on
            published.municipality_code = persons.municipality_code
            and published.year = persons.year
    union all
    select
        'expenditure.expenditure_need' as published_table,
        published.municipality_code || ' ' || cast(published.year as varchar) as cell,
        persons.persons,
        published.actual_dkk as published_value
    from {{ ref('expenditure_need') }} as published
    left join persons
        on
            published.municipality_code = persons.municipality_code
            and published.year = persons.year
    union all
    select
        'report.table_2_1' as published_table,
        published.sex || ' ' || published.outcome as cell,
        cast(count(distinct spells.person_id) as bigint) as persons,
        max(coalesce(published.spells, published.percent)) as published_value
    from {{ ref('table_2_1') }} as published
    left join spells
        on
            published.sex in (spells.sex, 'all')
            and published.outcome in (spells.outcome, 'total')
    group by published.sex, published.outcome
    union all
    select
        'report.table_2_2' as published_table,
        published.residence_ground || ' ' || published.outcome as cell,
        cast(count(distinct spells.person_id) as bigint) as persons,
        max(coalesce(published.spells, published.percent)) as published_value
    from {{ ref('table_2_2') }} as published
    inner join spells
        on published.outcome in (spells.outcome, 'total')
    inner join population
        on
            spells.person_id = population.person_id
            and published.residence_ground in (population.residence_group, 'all')
    group by published.residence_ground, published.outcome
    union all
    select
        'report.appendix_table_5_1 spells' as published_table,
        published.municipality_code as cell,
        cast(count(distinct spells.person_id) as bigint) as persons,
        max(coalesce(published.spells, published.observed_mean_duration_weeks)) as published_value
    from {{ ref('appendix_table_5_1') }} as published
    left join spells
        on published.municipality_code = spells.municipality_code
    group by published.municipality_code
    union all
    select
        'report.appendix_table_5_1 successes' as published_table,
        published.municipality_code as cell,
        cast(count(distinct spells.person_id) as bigint) as persons,
        max(coalesce(published.successes, published.success_percent)) as published_value
    from {{ ref('appendix_table_5_1') }} as published
    left join spells
        on
            published.municipality_code = spells.municipality_code
            and spells.is_success
    group by published.municipality_code

)

select
    published_table,
    cell,
    persons
from cells
where
    published_value is not null
    and coalesce(persons, 0) < {{ var('disclosure_limit') }}
