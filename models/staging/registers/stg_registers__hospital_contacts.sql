with

contacts as (

    select * from {{ source('registers', 'lpr_adm') }}

),

renamed as (

    select distinct
        {{ to_text('recnum') }} as contact_id,
        {{ to_person_id('pnr') }} as person_id,
        {{ to_integer('c_pattype') }} as patient_type_code,
        {{ to_integer('v_sengdage') }} as bed_days,
        {{ to_date('d_inddto') }} as admission_date,
        upper({{ to_text('c_adiag') }}) as diagnosis_code
    from contacts

)

select * from renamed
