with

weeks as (

    select * from {{ ref('int_person_weeks_classified') }}

),

employed_weeks as (

    select
        person_id,
        week_number,
        week_start,
        paid_hours
    from weeks
    where state = 'employed'

),

-- of employed weeks only: a run is unbroken where its last row lies as many weeks on as rows
runs as (

    select
        person_id,
        week_number,
        week_start,
        lead(week_number, {{ var('success_weeks') | int - 1 }}) over person_history
            as last_week_number,
        sum(paid_hours) over (
            partition by person_id
            order by week_number
            rows between current row and {{ var('success_weeks') | int - 1 }} following
        ) as run_hours
    from employed_weeks
    window person_history as (partition by person_id order by week_number)

),

-- 1e-9 guards hours of exactly the limit against rounding
final as (

    select
        person_id,
        week_number,
        week_start,
        run_hours / {{ var('success_weeks') }} as mean_hours_per_week
    from runs
    where
        week_number <= {{ var('window_weeks') }}
        and last_week_number = week_number + {{ var('success_weeks') | int - 1 }}
        and run_hours / {{ var('success_weeks') }} >= {{ var('success_hours_per_week') }} - 1e-9

)

select * from final
