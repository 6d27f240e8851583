with

prescriptions as (

    select * from {{ ref('stg_registers__prescriptions') }}

),

-- a year's rows that are those of the year before, dated anew
year_later as (

    select distinct
        person_id,
        {{ add_years('dispensing_date', 1) }} as dispensing_date,
        atc_code
    from prescriptions

),

final as (

    select
        prescriptions.person_id,
        prescriptions.dispensing_date,
        prescriptions.atc_code,
        year_later.person_id is not null as is_of_the_year_before,
        {{ text_matches('prescriptions.atc_code', '^[A-Z][0-9]{2}[A-Z]{2}[0-9]{2}$') }}
            as has_the_form_of_atc,
        count(*) over (
            partition by
                prescriptions.person_id, prescriptions.dispensing_date, prescriptions.atc_code
        ) as rows_of_the_day,
        lag(prescriptions.atc_code) over (
            partition by prescriptions.person_id
            order by prescriptions.dispensing_date, prescriptions.atc_code
        ) as previous_atc_code
    from prescriptions
    left join year_later
        on
            prescriptions.person_id = year_later.person_id
            and prescriptions.dispensing_date = year_later.dispensing_date
            and prescriptions.atc_code = year_later.atc_code

)

select * from final
