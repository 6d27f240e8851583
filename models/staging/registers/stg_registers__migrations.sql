with

migrations as (

    select * from {{ source('registers', 'vnds') }}

),

renamed as (

    select distinct  -- the register holds exact duplicates
        {{ to_person_id('pnr') }} as person_id,
        {{ to_date('haend_dato') }} as migration_date,
        upper({{ to_text('indud_kode') }}) as direction_code
    from migrations

)

select * from renamed
