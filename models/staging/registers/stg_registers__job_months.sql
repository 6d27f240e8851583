with

jobs as (

    select * from {{ source('registers', 'bfl') }}

),

-- a person can hold two equal jobs in a month: equal rows are not duplicates here
renamed as (

    select
        {{ to_person_id('pnr') }} as person_id,
        {{ to_date('ajo_job_start_dato') }} as job_start_date,
        {{ to_date('ajo_job_slut_dato') }} as job_end_date,
        {{ to_hours('ajo_loentimer') }} as paid_hours
    from jobs

)

select * from renamed
