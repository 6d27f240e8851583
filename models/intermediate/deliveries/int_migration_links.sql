with

migrations as (

    select * from {{ ref('stg_registers__migrations') }}

),

population as (

    select * from {{ ref('stg_registers__population') }}

),

persons as (

    select * from {{ ref('int_delivery_persons') }}

),

permits as (

    select * from {{ ref('stg_registers__permits') }}

),

countries as (

    select * from {{ ref('countries') }}

),

ends_of_years as (

    select *
    from population
    where extract(month from reference_date) = 12

),

permitted as (

    select distinct person_id
    from permits

),

years as (

    select distinct extract(year from reference_date) as calendar_year
    from ends_of_years

),

ordered as (

    select
        *,
        lag(direction_code) over (
            partition by person_id
            order by migration_date, direction_code
        ) as previous_direction_code,
        row_number() over (
            partition by person_id, extract(year from migration_date)
            order by migration_date desc, direction_code desc
        ) = 1 as is_last_of_year
    from migrations

),

final as (

    select
        ordered.person_id,
        ordered.migration_date,
        ordered.direction_code,
        ordered.previous_direction_code,
        ordered.is_last_of_year and years.calendar_year is not null as is_judged,
        ends_of_years.person_id is not null as is_there_at_the_end_of_the_year,
        not coalesce(countries.is_western, true) as is_from_a_non_western_country,
        extract(year from ordered.migration_date) <= {{ var('last_permit_year') }}
            as is_in_the_permit_years,
        permitted.person_id is not null as has_permit,
        persons.sex_code,
        ends_of_years.municipality_code
    from ordered
    left join persons
        on ordered.person_id = persons.person_id
    left join countries
        on persons.country_code = countries.country_code
    left join permitted
        on ordered.person_id = permitted.person_id
    left join years
        on extract(year from ordered.migration_date) = years.calendar_year
    left join ends_of_years
        on
            ordered.person_id = ends_of_years.person_id
            and extract(year from ordered.migration_date)
            = extract(year from ends_of_years.reference_date)

)

select * from final
