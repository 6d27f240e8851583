with

dream_weeks as (

    select * from {{ ref('stg_registers__dream_weeks') }}

),

weeks as (

    select * from {{ ref('int_calendar_weeks') }}

),

persons as (

    select * from {{ ref('int_delivery_persons') }}

),

final as (

    select
        dream_weeks.person_id,
        dream_weeks.dream_code,
        weeks.week_start,
        {{ days_between('persons.first_permit_date', 'weeks.week_start') }} / 7.0
            as weeks_after_permit
    from dream_weeks
    inner join weeks
        on dream_weeks.dream_week = weeks.year_week
    left join persons
        on dream_weeks.person_id = persons.person_id

)

select * from final
