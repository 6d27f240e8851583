with

danish_education as (

    select * from {{ ref('stg_registers__danish_education') }}

),

persons as (

    select * from {{ ref('int_delivery_persons') }}

),

final as (

    select
        danish_education.person_id,
        danish_education.danish_education_code,
        danish_education.start_date,
        persons.country_code
    from danish_education
    left join persons
        on danish_education.person_id = persons.person_id

)

select * from final
