with

population as (

    select * from {{ source('registers', 'bef') }}

),

renamed as (

    select distinct  -- deliveries repeat rows exactly
        {{ to_person_id('pnr') }} as person_id,
        {{ to_date('referencetid') }} as reference_date,
        {{ to_integer('koen') }} as sex_code,
        {{ to_integer('alder') }} as age_years,
        {{ to_date('foed_dag') }} as birth_date,
        {{ to_code('kom', 3) }} as municipality_code,
        {{ to_code('opr_land', 4) }} as country_code,
        {{ to_integer('ie_type') }} as origin_type_code,
        {{ to_person_id('familie_id') }} as family_id,
        {{ to_integer('familie_type') }} as family_type_code,
        {{ to_integer('plads') }} as family_place_code,
        {{ to_person_id('e_faelle_id') }} as partner_id
    from population

)

select * from renamed
