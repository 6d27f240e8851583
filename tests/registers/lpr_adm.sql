-- What cannot be right in lpr_adm: docs/bad_input.md.
{{ config(severity='warn') }}

with

hospital_contacts as (

    select * from {{ ref('stg_registers__hospital_contacts') }}

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
    {{ years_without_rows(
        'lpr_adm', 'D_INDDTO', 'hospital_contacts', 'extract(year from admission_date)',
        var('last_permit_year') | int
    ) }}
    union all
    {{ strangers('lpr_adm', 'hospital_contacts') }}

),

{{ refuse('findings') }}
