-- What cannot be right in dod: docs/bad_input.md.
{{ config(severity='warn') }}

with

deaths as (

    select * from {{ ref('stg_registers__deaths') }}

),

findings as (

    {{ missing('dod', ['PNR', 'DODDATO']) }}
    union all
    {{ unreadable('dod', {'DODDATO': 'date'}) }}
    union all
    {{ shared_key('dod', '(PNR)', 'deaths', ['person_id']) }}
    union all
    {{ after_today('dod', 'DODDATO', 'deaths', 'death_date') }}
    union all
    {{ before_birth('dod', 'DODDATO', 'deaths', 'death_date') }}
    union all
    {{ strangers('dod', 'deaths') }}

),

{{ refuse('findings') }}
