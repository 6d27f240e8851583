-- The composition describes all person-days of the programme: a person missing from the
-- population would take the days along.
with

days as (

    select
        municipality_code,
        year,
        cast(sum(person_days) as bigint) as person_days
    from {{ ref('int_programme_days') }}
    group by municipality_code, year

),

composition as (

    select * from {{ ref('int_programme_composition') }}

)

select
    days.municipality_code,
    days.year,
    days.person_days,
    composition.person_days as person_days_described
from days
left join composition
    on
        days.municipality_code = composition.municipality_code
        and days.year = composition.year
where composition.person_days is null or composition.person_days <> days.person_days
