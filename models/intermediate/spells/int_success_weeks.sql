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

lasting_jobs as (

    {{ lasting_jobs('employed_weeks') }}

),

final as (

    select
        person_id,
        week_number,
        week_start,
        mean_hours_per_week
    from lasting_jobs
    where week_number <= {{ var('window_weeks') }}

)

select * from final
