with

danish_education as (

    select * from {{ ref('stg_registers__danish_education') }}

),

persons as (

    select * from {{ ref('int_delivery_persons') }}

),

permits as (

    select * from {{ ref('stg_registers__permits') }}

),

refugees as (

    select distinct person_id
    from permits
    where permit_category = '0001'

),

final as (

    select
        danish_education.person_id,
        danish_education.danish_education_code,
        danish_education.start_date,
        persons.country_code,
        refugees.person_id is not null as is_refugee
    from danish_education
    left join persons
        on danish_education.person_id = persons.person_id
    left join refugees
        on danish_education.person_id = refugees.person_id

)

select * from final
