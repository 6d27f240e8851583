with

health_contacts as (

    select * from {{ ref('stg_registers__health_contacts') }}

),

population as (

    select * from {{ ref('stg_registers__population') }}

),

weeks as (

    select * from {{ ref('int_calendar_weeks') }}

),

for_children as (

    select
        health_contacts.person_id,
        health_contacts.fee_week,
        weeks.iso_year as calendar_year
    from health_contacts
    inner join weeks
        on health_contacts.fee_week = weeks.year_week
    where health_contacts.is_for_child

),

families as (

    select
        family_id,
        reference_date,
        max(case when family_place_code = 3 then 1 else 0 end) = 1 as has_children
    from population
    group by family_id, reference_date

),

parents as (

    select
        population.person_id,
        extract(year from population.reference_date) as calendar_year,
        families.has_children
    from population
    inner join families
        on
            population.family_id = families.family_id
            and population.reference_date = families.reference_date
    where extract(month from population.reference_date) = 12

),

final as (

    select
        for_children.person_id,
        for_children.fee_week,
        parents.has_children
    from for_children
    inner join parents
        on
            for_children.person_id = parents.person_id
            and for_children.calendar_year = parents.calendar_year

)

select * from final
