with

permits as (

    select * from {{ ref('stg_registers__permits') }}

),

persons as (

    select * from {{ ref('int_delivery_persons') }}

),

dream_weeks as (

    select * from {{ ref('stg_registers__dream_weeks') }}

),

in_dream as (

    select distinct person_id
    from dream_weeks

),

ordered as (

    select
        *,
        row_number() over (
            partition by person_id
            order by permit_date, permit_category, permit_basis, permit_explanation
        ) as place,
        count(*) over (
            partition by person_id, permit_category, permit_basis, permit_explanation
        ) as permits_of_the_kind
    from permits

),

final as (

    select
        ordered.person_id,
        ordered.permit_date,
        ordered.permit_category,
        ordered.place = 1 as is_first,
        extract(year from ordered.permit_date)
        between {{ var('first_permit_year') }} and {{ var('last_permit_year') }} as is_of_the_years,
        ordered.permits_of_the_kind,
        persons.person_id is not null as is_in_bef,
        persons.sex_code,
        persons.is_of_working_age,
        persons.first_immigration_date is not null as has_immigrated,
        {{ days_between('persons.first_immigration_date', 'ordered.permit_date') }}
            as days_after_immigration,
        in_dream.person_id is not null as has_dream_weeks
    from ordered
    left join in_dream
        on ordered.person_id = in_dream.person_id
    left join persons
        on ordered.person_id = persons.person_id

)

select * from final
