with

permits as (

    select * from {{ ref('int_permits_classified') }}

),

arrivals as (

    select * from {{ ref('int_arrivals') }}

),

population_register as (

    select * from {{ ref('stg_registers__population') }}

),

countries as (

    select * from {{ ref('int_countries') }}

),

danish_education as (

    select * from {{ ref('stg_registers__danish_education') }}

),

education_levels as (

    select * from {{ ref('danish_education') }}

),

latest_rows as (

    select
        person_id,
        sex_code,
        birth_date,
        country_code,
        row_number() over (partition by person_id order by reference_date desc) as row_number
    from population_register

),

-- everyone with a permit under the Integration Act, at the first such permit
joined as (

    select
        permits.person_id,
        case latest_rows.sex_code when 1 then 'men' when 2 then 'women' end as sex,
        latest_rows.birth_date,
        latest_rows.country_code,
        countries.origin,
        countries.world_region,
        countries.country_group,
        countries.is_western,
        coalesce(education_levels.danish_education, 'unknown') as danish_education,
        permits.residence_ground,
        permits.residence_group,
        permits.permit_date,
        cast(extract(year from permits.permit_date) as integer) as permit_year,
        arrivals.entry_date,
        case
            when permits.permit_date >= arrivals.entry_date then permits.permit_date
            else {{ add_days(week_start('arrivals.entry_date'), 7) }}
        end as programme_start_date
    from permits
    left join arrivals
        on permits.person_id = arrivals.person_id
    left join latest_rows
        on
            permits.person_id = latest_rows.person_id
            and latest_rows.row_number = 1
    left join countries
        on latest_rows.country_code = countries.country_code
    left join danish_education
        on permits.person_id = danish_education.person_id
    left join education_levels
        on danish_education.danish_education_code = education_levels.danish_education_code
    where permits.is_first_qualifying

),

dated as (

    select
        *,
        {{ add_years('programme_start_date', var('programme_years')) }} as programme_end_date,
        {{ week_start('programme_start_date') }} as start_week,
        {{ completed_years('birth_date', 'programme_start_date') }} as age_at_start_years
    from joined

),

-- the first reason that holds keeps a person out
final as (

    select
        *,
        case
            when entry_date is null then 'no_immigration'
            when
                extract(year from entry_date) not between {{ var('first_permit_year') }}
                and {{ var('last_permit_year') }}
                then 'arrived_outside_the_years'
            when
                permit_year not between {{ var('first_permit_year') }}
                and {{ var('last_permit_year') }}
                then 'permit_outside_the_years'
            when sex is null then 'absent_from_population_register'
            when is_western then 'western_origin'
            when
                age_at_start_years
                not between {{ var('minimum_age_years') }} and {{ var('maximum_age_years') }}
                then 'age'
        end as rejection_reason
    from dated

)

select * from final
