{#
    Hospital contacts of all years in the terms of LPR2: each day is read from one source, so that nothing counts twice.
#}
with

lpr2_contacts as (

    select * from {{ ref('stg_registers__hospital_contacts') }}

),

ready_made_stays as (

    select * from {{ ref('stg_registers__hospital_stays') }}

),

derived_stays as (

    select * from {{ ref('int_lpr3_stays') }}

),

ready_made_years as (

    select distinct extract(year from started_at) as stay_year
    from ready_made_stays

),

-- stays that Statistics Denmark made go before those that are made here, year by year
stays as (

    select * from ready_made_stays
    union all
    select derived_stays.*
    from derived_stays
    left join ready_made_years
        on extract(year from derived_stays.started_at) = ready_made_years.stay_year
    where ready_made_years.stay_year is null

),

dated as (

    select
        contact_id,
        person_id,
        {{ dbt.datediff('started_at', 'ended_at', 'second') }} as seconds,
        cast(started_at as date) as start_date,
        cast(ended_at as date) as end_date,
        diagnosis_code
    from stays

),

-- twelve hours make an inpatient; an overnight stay is one bed day
lpr3_contacts as (

    select
        contact_id,
        person_id,
        case when seconds >= 12 * 3600 then 0 else 2 end as patient_type_code,
        coalesce({{ days_between('start_date', 'end_date') }}, 0) as bed_days,
        start_date as admission_date,
        diagnosis_code
    from dated
    where start_date >= {{ date_literal(var('lpr3_from')) }}

),

final as (

    select
        contact_id,
        person_id,
        patient_type_code,
        bed_days,
        admission_date,
        diagnosis_code
    from lpr2_contacts
    where admission_date < {{ date_literal(var('lpr3_from')) }}
    union all
    select * from lpr3_contacts

)

select * from final
