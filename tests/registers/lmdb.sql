-- What cannot be right in lmdb: docs/bad_input.md.
{{ config(severity='warn') }}

with

prescriptions as (

    select * from {{ ref('stg_registers__prescriptions') }}

),

findings as (

    {{ missing('lmdb', ['PNR', 'EKSD', 'ATC']) }}
    union all
    {{ unreadable('lmdb', {'EKSD': 'date'}) }}
    union all
    {{ after_today('lmdb', 'EKSD', 'prescriptions', 'dispensing_date') }}
    union all
    {{ years_without_rows(
        'lmdb', 'EKSD', 'prescriptions', 'extract(year from dispensing_date)', var('last_permit_year') | int
    ) }}
    union all
    {{ strangers('lmdb', 'prescriptions') }}

),

{{ refuse('findings') }}
