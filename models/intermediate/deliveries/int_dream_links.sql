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

dated as (

    select
        dream_weeks.person_id,
        dream_weeks.dream_code,
        weeks.week_start,
        lead(weeks.week_start) over (
            partition by dream_weeks.person_id, dream_weeks.dream_code
            order by weeks.week_start
        ) as next_week_start
    from dream_weeks
    inner join weeks
        on dream_weeks.dream_week = weeks.year_week

),

final as (

    select
        dated.person_id,
        dated.dream_code,
        dated.week_start,
        {{ days_between('persons.first_permit_date', 'dated.week_start') }} / 7.0
            as weeks_after_permit,
        {{ days_between('dated.week_start', 'dated.next_week_start') }} / 7
            as weeks_to_the_code_again
    from dated
    left join persons
        on dated.person_id = persons.person_id

)

select * from final
