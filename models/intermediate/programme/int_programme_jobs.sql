{#
    Lasting work of those whose programme the law ends with it. It may begin after the window in which a success counts, so
    it is looked for in weeks of its own.
#}
with

population as (

    select * from {{ ref('int_population') }}

),

programme_rules as (

    select * from {{ ref('programme_rules') }}

),

under_the_law as (

    {{ under_the_law('population', 'programme_rules') }}

),

dream_states as (

    select * from {{ ref('int_dream_states') }}

),

weekly_hours as (

    select * from {{ ref('int_weekly_hours') }}

),

numbered as (

    select
        person_id,
        start_week,
        1 as first_week_number,
        53 * years_maximum as last_week_number
    from under_the_law
    where years_maximum > years_minimum

),

weeks as (

    {{ rows_between('numbered', 'first_week_number', 'last_week_number', 'week_number') }}

),

dated as (

    select
        person_id,
        week_number,
        {{ add_days('start_week', '7 * (week_number - 1)') }} as week_start
    from weeks

),

employed_weeks as (

    select
        dated.person_id,
        dated.week_number,
        dated.week_start,
        weekly_hours.paid_hours
    from dated
    inner join weekly_hours
        on
            dated.person_id = weekly_hours.person_id
            and dated.week_start = weekly_hours.week_start
    left join dream_states
        on
            dated.person_id = dream_states.person_id
            and dated.week_start = dream_states.week_start
    where
        weekly_hours.paid_hours > 0
        and coalesce(dream_states.dream_state, 'no_transfer') = 'no_transfer'

),

lasting_jobs as (

    {{ lasting_jobs('employed_weeks') }}

),

final as (

    select
        person_id,
        min(week_start) as job_week_start
    from lasting_jobs
    group by person_id

)

select * from final
