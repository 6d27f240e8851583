with

permits as (

    select * from {{ source('registers', 'ophg') }}

),

renamed as (

    select distinct
        {{ to_person_id('pnr') }} as person_id,
        {{ to_date('tilladelsesdato') }} as permit_date,
        {{ to_code('kategori', 4) }} as permit_category,
        {{ to_code('grundlag', 4) }} as permit_basis,
        {{ to_code('forklar', 4) }} as permit_explanation
    from permits

)

select * from renamed
