with

health_contacts as (

    select * from {{ ref('stg_registers__health_contacts') }}

),

weeks as (

    select * from {{ ref('int_calendar_weeks') }}

),

persons as (

    select * from {{ ref('int_delivery_persons') }}

),

final as (

    select
        health_contacts.person_id,
        health_contacts.specialty_code,
        health_contacts.contacts,
        health_contacts.fee_week,
        weeks.week_start,
        persons.sex_code,
        count(*) over (
            partition by
                health_contacts.person_id, health_contacts.fee_week, health_contacts.specialty_code,
                health_contacts.contacts, health_contacts.is_for_child
        ) as equal_rows
    from health_contacts
    left join weeks
        on health_contacts.fee_week = weeks.year_week
    left join persons
        on health_contacts.person_id = persons.person_id

)

select * from final
