with

contacts as (

    select * from {{ source('later_registers', 'lpr_a_kontakt') }}

),

renamed as (

    select distinct
        {{ to_text('dw_ek_kontakt') }} as contact_id,
        {{ to_person_id('pnr') }} as person_id,
        {{ to_moment('kont_starttidspunkt') }} as started_at,
        {{ to_moment('kont_sluttidspunkt') }} as ended_at,
        upper({{ to_text('kont_type') }}) as contact_type_code,
        upper({{ to_text('adiag') }}) as diagnosis_code,
        upper({{ to_text('lprindberetningssystem') }}) as reporting_system
    from contacts

)

select * from renamed
