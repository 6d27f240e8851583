with

prescriptions as (

    select * from {{ source('registers', 'lmdb') }}

),

renamed as (

    select
        {{ to_person_id('pnr') }} as person_id,
        {{ to_date('eksd') }} as dispensing_date,
        upper({{ to_text('atc') }}) as atc_code
    from prescriptions

)

select * from renamed
