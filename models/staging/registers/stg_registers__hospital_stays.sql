with

stays as (

    select * from {{ source('later_registers', 'sygehusbenyttelse_ophold') }}

),

renamed as (

    select distinct
        {{ to_text('dw_ek_sygehusophold') }} as contact_id,
        {{ to_person_id('pnr') }} as person_id,
        {{ to_moment('sgh_oph_starttidspunkt') }} as started_at,
        {{ to_moment('sgh_oph_sluttidspunkt') }} as ended_at,
        upper({{ to_text('adiag') }}) as diagnosis_code
    from stays

)

select * from renamed
