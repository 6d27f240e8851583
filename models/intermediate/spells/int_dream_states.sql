with

population as (

    select * from {{ ref('int_population') }}

),

dream_weeks as (

    select * from {{ ref('stg_registers__dream_weeks') }}

),

dream_states as (

    select * from {{ ref('dream_states') }}
    where {{ is_of_dream_version() }}

),

calendar_weeks as (

    select * from {{ ref('int_calendar_weeks') }}

),

final as (

    select
        dream_weeks.person_id,
        calendar_weeks.week_start,
        case
            when dream_states.dream_state <> 'igu' then dream_states.dream_state
            else '{{ 'no_transfer' if var('igu_counts') else 'transfer' }}'
        end as dream_state
    from dream_weeks
    inner join population
        on dream_weeks.person_id = population.person_id
    inner join calendar_weeks
        on dream_weeks.dream_week = calendar_weeks.year_week
    inner join dream_states
        on dream_weeks.dream_code = dream_states.dream_code

)

select * from final
