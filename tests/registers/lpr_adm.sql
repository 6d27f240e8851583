-- What cannot be right in lpr_adm: docs/bad_input.md.
{{ config(severity='warn') }}

with

hospital_contacts as (

    select * from {{ ref('stg_registers__hospital_contacts') }}

),

-- contacts of the system before are in LPR3's register, too, and are not read from it
later_days as (

    select cast(started_at as date) as admission_date
    from {{ ref('stg_registers__hospital_stays') }}
    union distinct
    select cast(started_at as date) as admission_date
    from {{ ref('stg_registers__lpr3_contacts') }}
    where reporting_system = 'LPR3'

),

days_of_both as (

    select distinct hospital_contacts.admission_date
    from hospital_contacts
    inner join later_days
        on hospital_contacts.admission_date = later_days.admission_date

),

findings as (

    {{ missing('lpr_adm', ['RECNUM', 'PNR', 'D_INDDTO']) }}
    union all
    {{ unreadable('lpr_adm', {
        'C_PATTYPE': 'integer', 'V_SENGDAGE': 'integer', 'D_INDDTO': 'date',
    }) }}
    union all
    {{ shared_key('lpr_adm', '(RECNUM)', 'hospital_contacts', ['contact_id']) }}
    union all
    {{ finding(
        'lpr_adm', 'V_SENGDAGE', 'hospital_contacts', 'bed_days < 0', 'below 0',
        'A contact has 0 bed days or more.', 'bed-days', example='min(bed_days)'
    ) }}
    union all
    {{ finding(
        'lpr_adm', 'V_SENGDAGE', 'hospital_contacts', 'bed_days > 3660', 'above ten years',
        'Is the column what it says?', 'bed-days', example='max(bed_days)', severity='warning'
    ) }}
    union all
    {{ after_today('lpr_adm', 'D_INDDTO', 'hospital_contacts', 'admission_date') }}
    union all
    {% if first_permit_day() < lpr3_from() %}
    {% set before_lpr3 = [var('first_permit_year') | int, lpr3_from()[:4] | int - 1] | max %}
    {{ years_without_rows(
        'lpr_adm', 'D_INDDTO', 'hospital_contacts', 'extract(year from admission_date)',
        [var('last_permit_year') | int, before_lpr3] | min
    ) }}
    union all
    {% endif %}
    {{ finding(
        'lpr_adm', 'D_INDDTO', 'days_of_both', 'true', 'that LPR3 has contacts of, too',
        'Deliver each day once: lpr_adm before ' ~ var('lpr3_from') ~ ', LPR3 from then on (variable lpr3_from).',
        'two-sources', example='min(admission_date)', noun='day'
    ) }}
    union all
    {{ strangers('lpr_adm', 'hospital_contacts') }}

),

{{ refuse('findings') }}
