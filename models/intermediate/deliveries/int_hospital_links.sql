with

hospital_contacts as (

    select * from {{ ref('stg_registers__hospital_contacts') }}

),

persons as (

    select * from {{ ref('int_delivery_persons') }}

),

-- a year's rows that are those of the year before, dated anew
year_later as (

    select distinct
        person_id,
        {{ add_years('admission_date', 1) }} as admission_date,
        diagnosis_code
    from hospital_contacts

),

final as (

    select
        hospital_contacts.contact_id,
        hospital_contacts.person_id,
        hospital_contacts.patient_type_code,
        hospital_contacts.bed_days,
        hospital_contacts.admission_date,
        hospital_contacts.diagnosis_code,
        persons.sex_code,
        year_later.person_id is not null as is_of_the_year_before,
        {{ text_matches('hospital_contacts.diagnosis_code', '^D[A-Z][0-9]{2}[0-9A-Z]*$') }}
            as has_the_form_of_icd10,
        count(*) over (
            partition by
                hospital_contacts.person_id,
                hospital_contacts.admission_date,
                hospital_contacts.diagnosis_code
        ) as rows_of_the_day
    from hospital_contacts
    left join persons
        on hospital_contacts.person_id = persons.person_id
    left join year_later
        on
            hospital_contacts.person_id = year_later.person_id
            and hospital_contacts.admission_date = year_later.admission_date
            and hospital_contacts.diagnosis_code = year_later.diagnosis_code

)

select * from final
