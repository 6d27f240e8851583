with

moves as (

    select * from {{ source('registers', 'flyt') }}

),

renamed as (

    select distinct
        {{ to_person_id('pnr') }} as person_id,
        {{ to_date('haend_dato') }} as move_date,
        {{ to_code('gl_kom', 3) }} as from_municipality_code,
        {{ to_code('kom', 3) }} as to_municipality_code
    from moves

)

select * from renamed
