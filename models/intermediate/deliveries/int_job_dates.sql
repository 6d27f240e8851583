with

job_months as (

    select * from {{ ref('stg_registers__job_months') }}

),

final as (

    select
        person_id,
        job_start_date,
        job_end_date,
        extract(day from {{ add_days('job_end_date', 1) }}) = 1 as ends_with_the_month,
        {{ month_start('job_start_date') }} = {{ month_start('job_end_date') }} as is_in_one_month
    from job_months

)

select * from final
