with

population as (

    select * from {{ ref('int_population') }}

),

job_months as (

    select * from {{ ref('stg_registers__job_months') }}

),

calendar_weeks as (

    select * from {{ ref('int_calendar_weeks') }}

),

monthly_hours as (

    select
        job_months.person_id,
        {{ month_start('job_months.job_end_date') }} as month_start,
        sum(job_months.paid_hours) as paid_hours
    from job_months
    inner join population
        on job_months.person_id = population.person_id
    group by
        job_months.person_id,
        {{ month_start('job_months.job_end_date') }}

),

-- a week's hours are those of the month of its Thursday, spread evenly over the month's days
final as (

    select
        monthly_hours.person_id,
        calendar_weeks.week_start,
        cast(monthly_hours.paid_hours as double) * 7 / calendar_weeks.days_in_month as paid_hours
    from monthly_hours
    inner join calendar_weeks
        on monthly_hours.month_start = calendar_weeks.month_start

)

select * from final
