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

numbered as (

    select
        *,
        {{ to_integer('fee_week') }} as week_number
    from health_contacts

),

-- a year's rows that are those of the year before, dated anew
year_later as (

    select distinct
        person_id,
        week_number + 100 as week_number,
        specialty_code,
        contacts
    from numbered

),

final as (

    select
        numbered.person_id,
        numbered.specialty_code,
        numbered.contacts,
        numbered.fee_week,
        weeks.week_start,
        persons.sex_code,
        count(*) over (
            partition by
                numbered.person_id, numbered.fee_week, numbered.specialty_code,
                numbered.contacts, numbered.is_for_child
        ) as equal_rows,
        year_later.person_id is not null as is_of_the_year_before
    from numbered
    left join weeks
        on numbered.fee_week = weeks.year_week
    left join persons
        on numbered.person_id = persons.person_id
    left join year_later
        on
            numbered.person_id = year_later.person_id
            and numbered.week_number = year_later.week_number
            and numbered.specialty_code = year_later.specialty_code
            and numbered.contacts = year_later.contacts

)

select * from final
