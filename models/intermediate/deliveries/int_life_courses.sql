with

persons as (

    select * from {{ ref('int_delivery_persons') }}

),

population as (

    select * from {{ ref('stg_registers__population') }}

),

moves as (

    select * from {{ ref('stg_registers__moves') }}

),

migrations as (

    select * from {{ ref('stg_registers__migrations') }}

),

deaths as (

    select * from {{ ref('stg_registers__deaths') }}

),

permits as (

    select * from {{ ref('stg_registers__permits') }}

),

job_months as (

    select * from {{ ref('stg_registers__job_months') }}

),

prescriptions as (

    select * from {{ ref('stg_registers__prescriptions') }}

),

-- in later years hospital contacts come from LPR3
hospital_contacts as (

    select
        person_id,
        admission_date
    from {{ ref('stg_registers__hospital_contacts') }}
    union all
    select
        person_id,
        cast(started_at as date) as admission_date
    from {{ ref('stg_registers__hospital_stays') }}
    union all
    select
        person_id,
        cast(started_at as date) as admission_date
    from {{ ref('stg_registers__lpr3_contacts') }}

),

health_contacts as (

    select * from {{ ref('stg_registers__health_contacts') }}

),

danish_education as (

    select * from {{ ref('stg_registers__danish_education') }}

),

dream_weeks as (

    select * from {{ ref('stg_registers__dream_weeks') }}

),

weeks as (

    select * from {{ ref('int_calendar_weeks') }}

),

-- the weeks of the study: a delivery may hold others, and the person is judged by these
dream_spans as (

    select
        dream_weeks.person_id,
        min(weeks.week_start) as first_date,
        max(weeks.week_start) as last_date
    from dream_weeks
    inner join weeks
        on dream_weeks.dream_week = weeks.year_week
    -- 997 to 999: dead, gone, or past the age
    where dream_weeks.dream_code < '997'
    group by dream_weeks.person_id

),

health_spans as (

    select
        health_contacts.person_id,
        min(weeks.week_start) as first_date,
        max(weeks.week_start) as last_date
    from health_contacts
    inner join weeks
        on health_contacts.fee_week = weeks.year_week
    group by health_contacts.person_id

),

spans as (

    select
        'bef' as register,
        person_id,
        min(reference_date) as first_date,
        max(reference_date) as last_date
    from population
    group by person_id
    union all
    select
        'flyt' as register,
        person_id,
        min(move_date) as first_date,
        max(move_date) as last_date
    from moves
    group by person_id
    union all
    select
        'vnds' as register,
        person_id,
        min(migration_date) as first_date,
        max(migration_date) as last_date
    from migrations
    where direction_code = 'I'
    group by person_id
    union all
    select
        'ophg' as register,
        person_id,
        min(permit_date) as first_date,
        max(permit_date) as last_date
    from permits
    group by person_id
    union all
    select
        'dod' as register,
        person_id,
        min(death_date) as first_date,
        max(death_date) as last_date
    from deaths
    group by person_id
    union all
    select
        'bfl' as register,
        person_id,
        min(job_end_date) as first_date,
        max(job_end_date) as last_date
    from job_months
    where paid_hours > 0
    group by person_id
    union all
    select
        'lmdb' as register,
        person_id,
        min(dispensing_date) as first_date,
        max(dispensing_date) as last_date
    from prescriptions
    group by person_id
    union all
    select
        'lpr_adm' as register,
        person_id,
        min(admission_date) as first_date,
        max(admission_date) as last_date
    from hospital_contacts
    group by person_id
    union all
    select
        'danskudd' as register,
        person_id,
        min(start_date) as first_date,
        max(start_date) as last_date
    from danish_education
    group by person_id
    union all
    select
        'sssy' as register,
        person_id,
        first_date,
        last_date
    from health_spans
    union all
    select
        'dream' as register,
        person_id,
        first_date,
        last_date
    from dream_spans

),

ends as (

    select
        register,
        max(last_date) as last_date
    from spans
    group by register

),

years_of_bef as (

    select
        min(first_reference_date) as first_date,
        max(last_reference_date) as last_date
    from persons

),

final as (

    select
        spans.register,
        spans.person_id,
        spans.first_date,
        spans.last_date,
        persons.death_date,
        persons.emigration_date,
        persons.first_permit_date,
        {{ week_start('persons.first_permit_date') }} as permit_week_start,
        {{ week_start('persons.first_immigration_date') }} as immigration_week_start,
        {{ days_between('persons.death_date', 'spans.last_date') }} as days_after_death,
        {{ days_between('persons.emigration_date', 'spans.last_date') }} as days_after_emigration,
        {{ days_between('spans.first_date', 'persons.first_permit_date') }} as days_before_permit,
        {{ days_between('spans.last_date', 'ends.last_date') }} < 28 as is_there_at_the_end,
        persons.person_id is not null as is_in_bef,
        spans.last_date between years_of_bef.first_date and years_of_bef.last_date
            as is_in_the_years_of_bef
    from spans
    cross join years_of_bef
    inner join ends
        on spans.register = ends.register
    left join persons
        on spans.person_id = persons.person_id

)

select * from final
