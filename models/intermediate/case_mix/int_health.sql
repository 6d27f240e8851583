{% set conditions = [
    "specialist", "mental_illness", "musculoskeletal_disease", "cardiovascular_disease",
    "nervous_system_disease", "nutritional_disease", "pain", "eye_disease", "dentist",
] %}

with

health_years as (

    select * from {{ ref('int_health_years') }}

),

health_codes as (

    select * from {{ ref('health_codes') }}

),

calendar_weeks as (

    select * from {{ ref('int_calendar_weeks') }}

),

health_contacts as (

    select * from {{ ref('stg_registers__health_contacts') }}

),

hospital_contacts as (

    select * from {{ ref('int_hospital_contacts') }}

),

prescriptions as (

    select * from {{ ref('stg_registers__prescriptions') }}

),

own_contacts as (

    select
        health_years.person_id,
        health_contacts.specialty_code,
        health_contacts.contacts
    from health_years
    inner join health_contacts
        on health_years.person_id = health_contacts.person_id
    inner join calendar_weeks
        on
            health_contacts.fee_week = calendar_weeks.year_week
            and health_years.health_year_start <= calendar_weeks.week_start
            and calendar_weeks.week_start < health_years.health_year_end
    where not health_contacts.is_for_child

),

hospital_stays as (

    select
        health_years.person_id,
        hospital_contacts.patient_type_code,
        hospital_contacts.bed_days,
        substr(hospital_contacts.diagnosis_code, 2, 1) as diagnosis_chapter  -- after the Danish D
    from health_years
    inner join hospital_contacts
        on
            health_years.person_id = hospital_contacts.person_id
            and health_years.health_year_start <= hospital_contacts.admission_date
            and hospital_contacts.admission_date < health_years.health_year_end

),

dispensings as (

    select
        health_years.person_id,
        substr(prescriptions.atc_code, 1, 3) as atc
    from health_years
    inner join prescriptions
        on
            health_years.person_id = prescriptions.person_id
            and health_years.health_year_start <= prescriptions.dispensing_date
            and prescriptions.dispensing_date < health_years.health_year_end

),

-- every code of the health year, whatever register it comes from
codes as (

    select
        person_id,
        'specialty' as code_type,
        specialty_code as code
    from own_contacts
    where contacts > 0

    union

    select
        person_id,
        'diagnosis_chapter' as code_type,
        diagnosis_chapter as code
    from hospital_stays

    union

    select
        person_id,
        'atc' as code_type,
        atc as code
    from dispensings

),

conditions as (

    select
        codes.person_id,
        {% for condition in conditions %}
        max(case when health_codes.covariate = '{{ condition }}' then 1 else 0 end)
            as {{ condition }}{{ "," if not loop.last }}
        {% endfor %}
    from codes
    inner join health_codes
        on
            codes.code_type = health_codes.code_type
            and codes.code = health_codes.code
    group by codes.person_id

),

gp_contacts as (

    select
        own_contacts.person_id,
        cast(sum(own_contacts.contacts) as bigint) as gp_contacts
    from own_contacts
    inner join health_codes
        on own_contacts.specialty_code = health_codes.code
    where
        health_codes.code_type = 'specialty'
        and health_codes.covariate = 'gp_contacts'
    group by own_contacts.person_id

),

bed_days as (

    select
        hospital_stays.person_id,
        cast(sum(hospital_stays.bed_days) as bigint) as bed_days
    from hospital_stays
    inner join health_codes
        on {{ as_text('hospital_stays.patient_type_code') }} = health_codes.code
    where
        health_codes.code_type = 'patient_type'
        and health_codes.covariate = 'hospital_days_4_plus'
    group by hospital_stays.person_id

),

-- contacts scaled to twelve months, in whole numbers: half a contact rounds up
scaled as (

    select
        health_years.person_id,
        case
            when health_years.resident_weeks = 0 then 0
            else floor(
                (2 * coalesce(gp_contacts.gp_contacts, 0) * {{ var('health_weeks') }}
                + health_years.resident_weeks) / (2 * health_years.resident_weeks)
            )
        end as gp_contacts_per_year
    from health_years
    left join gp_contacts
        on health_years.person_id = gp_contacts.person_id

),

final as (

    select
        health_years.person_id,
        case
            when scaled.gp_contacts_per_year < 1 then '0'
            when scaled.gp_contacts_per_year < 5 then '1_4'
            when scaled.gp_contacts_per_year < 9 then '5_8'
            when scaled.gp_contacts_per_year < 13 then '9_12'
            else '13_plus'
        end as gp_contacts,
        case when coalesce(bed_days.bed_days, 0) >= 4 then 1 else 0 end as hospital_days_4_plus,
        -- most of the year: the two sources do not find the same illness (docs/studies.md)
        case
            when
                {{ days_between('health_years.health_year_start', date_literal(var('lpr3_from'))) }}
                < {{ days_between(date_literal(var('lpr3_from')), 'health_years.health_year_end') }}
                then 1
            else 0
        end as hospital_lpr3,
        {% for condition in conditions %}
        coalesce(conditions.{{ condition }}, 0) as {{ condition }}
        {{- "," if not loop.last }}
        {% endfor %}
    from health_years
    inner join scaled
        on health_years.person_id = scaled.person_id
    left join bed_days
        on health_years.person_id = bed_days.person_id
    left join conditions
        on health_years.person_id = conditions.person_id

)

select * from final
