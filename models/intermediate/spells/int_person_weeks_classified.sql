with

person_weeks as (

    select * from {{ ref('int_person_weeks') }}

),

dream_states as (

    select * from {{ ref('int_dream_states') }}

),

weekly_hours as (

    select * from {{ ref('int_weekly_hours') }}

),

deaths as (

    select * from {{ ref('stg_registers__deaths') }}

),

absences as (

    select * from {{ ref('int_absences') }}

),

first_deaths as (

    select
        person_id,
        min(death_date) as death_date
    from deaths
    group by person_id

),

-- of the table and not the CTE: an engine may keep a whole CTE that is read twice
weeks_abroad as (

    select distinct
        all_weeks.person_id,
        all_weeks.week_number
    from {{ ref('int_person_weeks') }} as all_weeks
    inner join absences
        on
            all_weeks.person_id = absences.person_id
            and all_weeks.week_start >= {{ week_start('absences.absent_from') }}
            and all_weeks.week_start < {{ week_start('absences.absent_to') }}

),

observed as (

    select
        person_weeks.person_id,
        person_weeks.week_number,
        person_weeks.week_start,
        person_weeks.municipality_code,
        coalesce(person_weeks.week_start >= {{ week_start('first_deaths.death_date') }}, false)
            as is_dead,
        weeks_abroad.person_id is not null as is_abroad,
        coalesce(dream_states.dream_state, 'no_transfer') as dream_state,
        coalesce(weekly_hours.paid_hours, 0) as paid_hours
    from person_weeks
    left join first_deaths
        on person_weeks.person_id = first_deaths.person_id
    left join weeks_abroad
        on
            person_weeks.person_id = weeks_abroad.person_id
            and person_weeks.week_number = weeks_abroad.week_number
    left join dream_states
        on
            person_weeks.person_id = dream_states.person_id
            and person_weeks.week_start = dream_states.week_start
    left join weekly_hours
        on
            person_weeks.person_id = weekly_hours.person_id
            and person_weeks.week_start = weekly_hours.week_start

),

-- the order of precedence of the states
final as (

    select
        person_id,
        week_number,
        week_start,
        municipality_code,
        case
            when is_dead or dream_state = 'dead' then 'dead'
            when is_abroad or dream_state = 'emigrated' then 'emigrated'
            when dream_state = 'excluded' then 'excluded'
            when dream_state = 'transfer' then 'transfer'
            when paid_hours > 0 then 'employed'
            else 'self_supporting'
        end as state,
        paid_hours
    from observed

)

select * from final
