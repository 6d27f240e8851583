with

placements as (

    select * from {{ source('registers', 'danskudd') }}

),

renamed as (

    select distinct
        {{ to_person_id('pnr') }} as person_id,
        {{ to_code('uuddnr', 1) }} as danish_education_code,
        {{ to_date('startdato') }} as start_date
    from placements

)

select * from renamed
