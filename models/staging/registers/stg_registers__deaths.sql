with

deaths as (

    select * from {{ source('registers', 'dod') }}

),

renamed as (

    select distinct
        {{ to_person_id('pnr') }} as person_id,
        {{ to_date('doddato') }} as death_date
    from deaths

)

select * from renamed
