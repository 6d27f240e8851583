with

candidates as (

    select * from {{ ref('int_population_candidates') }}

),

final as (

    select
        person_id,
        sex,
        birth_date,
        country_code,
        origin,
        world_region,
        country_group,
        danish_education,
        residence_ground,
        residence_group,
        permit_date,
        permit_year,
        entry_date,
        programme_start_date,
        programme_end_date,
        start_week,
        {{ first_week_of_year(
            "(cast(extract(year from birth_date) as integer) + " ~ var('leaving_age_years') ~ ")"
        ) }} as leaving_week
    from candidates
    where rejection_reason is null

)

select * from final
order by person_id
