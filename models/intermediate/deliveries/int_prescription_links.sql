with

prescriptions as (

    select * from {{ ref('stg_registers__prescriptions') }}

),

final as (

    select
        person_id,
        dispensing_date,
        atc_code,
        {{ text_matches('atc_code', '^[A-Z][0-9]{2}[A-Z]{2}[0-9]{2}$') }} as has_the_form_of_atc,
        count(*) over (partition by person_id, dispensing_date, atc_code) as rows_of_the_day,
        lag(atc_code) over (
            partition by person_id
            order by dispensing_date, atc_code
        ) as previous_atc_code
    from prescriptions

)

select * from final
