with

job_months as (

    select * from {{ ref('stg_registers__job_months') }}

),

jobs as (

    select
        person_id,
        job_start_date,
        job_end_date,
        count(*) as job_rows,
        sum(paid_hours) as paid_hours
    from job_months
    group by person_id, job_start_date, job_end_date

),

months as (

    select
        person_id,
        {{ month_start('job_end_date') }} as month_start,
        cast(sum(job_rows) as bigint) as job_rows,
        cast(count(*) as bigint) as job_periods,
        cast(sum(paid_hours) as double) as paid_hours
    from jobs
    group by person_id, {{ month_start('job_end_date') }}

),

final as (

    select
        *,
        lag(month_start) over (partition by person_id order by month_start)
        = {{ add_months('month_start', -1) }} as continues
    from months

)

select * from final
