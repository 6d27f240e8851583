-- What cannot be right in vnds: docs/bad_input.md.
{{ config(severity='warn') }}

with

migrations as (

    select * from {{ ref('stg_registers__migrations') }}

),

findings as (

    {{ missing('vnds', ['PNR', 'INDUD_KODE', 'HAEND_DATO']) }}
    union all
    {{ unreadable('vnds', {'HAEND_DATO': 'date'}) }}
    union all
    {{ finding(
        'vnds', 'INDUD_KODE', 'migrations', "direction_code not in ('I', 'U')", 'that are neither I nor U',
        'I is an immigration, U an emigration.', 'unmapped-code', example='min(direction_code)'
    ) }}
    union all
    {{ after_today('vnds', 'HAEND_DATO', 'migrations', 'migration_date') }}
    union all
    {{ before_birth('vnds', 'HAEND_DATO', 'migrations', 'migration_date') }}
    union all
    {{ years_without_rows(
        'vnds', 'HAEND_DATO', 'migrations', 'extract(year from migration_date)', var('last_permit_year') | int
    ) }}
    union all
    {{ strangers('vnds', 'migrations') }}

),

{{ refuse('findings') }}
