with

population as (

    select * from {{ ref('stg_registers__population') }}

),

deaths as (

    select * from {{ ref('stg_registers__deaths') }}

),

migrations as (

    select * from {{ ref('stg_registers__migrations') }}

),

permits as (

    select * from {{ ref('stg_registers__permits') }}

),

seen as (

    select
        person_id,
        min(sex_code) as sex_code,
        min(birth_date) as birth_date,
        min(reference_date) as first_reference_date,
        max(reference_date) as last_reference_date,
        min_by(municipality_code, reference_date) as municipality_code,
        min_by(family_place_code, reference_date) as family_place_code,
        min_by(country_code, reference_date) as country_code
    from population
    group by person_id

),

dead as (

    select
        person_id,
        min(death_date) as death_date
    from deaths
    group by person_id

),

-- who emigrated last and did not come back
travelled as (

    select
        person_id,
        min(case when direction_code = 'I' then migration_date end) as first_immigration_date,
        max(case when direction_code = 'I' then migration_date end) as last_immigration_date,
        max(case when direction_code = 'U' then migration_date end) as last_emigration_date
    from migrations
    group by person_id

),

permitted as (

    select
        person_id,
        min(permit_date) as first_permit_date
    from permits
    where permit_category in ('0001', '0005')
    group by person_id

),

last_date as (

    select max(reference_date) as last_date
    from population

),

final as (

    select
        seen.person_id,
        seen.sex_code,
        seen.birth_date,
        seen.first_reference_date,
        seen.last_reference_date,
        seen.municipality_code,
        seen.family_place_code,
        seen.country_code,
        dead.death_date,
        travelled.first_immigration_date,
        case
            when
                travelled.last_immigration_date is null
                or travelled.last_emigration_date > travelled.last_immigration_date
                then travelled.last_emigration_date
        end as emigration_date,
        permitted.first_permit_date,
        {{ completed_years('seen.birth_date', 'permitted.first_permit_date') }}
        between {{ var('minimum_age_years') }} and {{ var('maximum_age_years') }}
            as is_of_working_age,
        -- bef goes on without the person
        {{ days_between('seen.last_reference_date', 'last_date.last_date') }} > 366
            as is_gone_before_the_end,
        {{ days_between('seen.last_reference_date', 'dead.death_date') }} between 0 and 366
            as died_within_a_year_of_bef
    from seen
    cross join last_date
    left join dead
        on seen.person_id = dead.person_id
    left join travelled
        on seen.person_id = travelled.person_id
    left join permitted
        on seen.person_id = permitted.person_id

)

select * from final
