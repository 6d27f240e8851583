with

contacts as (

    select * from {{ source('registers', 'sssy') }}

),

renamed as (

    select
        {{ to_person_id('pnr') }} as person_id,
        {{ to_code('spec2', 2) }} as specialty_code,
        {{ to_integer('kontakt') }} as contacts,
        {{ to_code('honuge', 4) }} as fee_week,  -- YYWW
        coalesce({{ to_integer('barnmak') }}, 0) = 1 as is_for_child
    from contacts

)

select * from renamed
