with

population as (

    select * from {{ ref('int_population') }}

),

weeks as (

    select * from {{ ref('int_person_weeks_classified') }}

),

resident_weeks as (

    select
        person_id,
        cast(count(*) as integer) as resident_weeks
    from weeks
    where
        week_number <= {{ var('health_weeks') }}
        and state not in ('dead', 'emigrated')
    group by person_id

),

final as (

    select
        population.person_id,
        population.start_week as health_year_start,
        {{ add_days('population.start_week', 7 * var('health_weeks') | int) }} as health_year_end,
        coalesce(resident_weeks.resident_weeks, 0) as resident_weeks
    from population
    left join resident_weeks
        on population.person_id = resident_weeks.person_id

)

select * from final
