with

hospital_contacts as (

    select * from {{ ref('stg_registers__hospital_contacts') }}

),

persons as (

    select * from {{ ref('int_delivery_persons') }}

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

)

select * from final
