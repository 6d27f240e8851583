-- What cannot be right in danskudd: docs/bad_input.md.
{{ config(severity='warn') }}

with

placements as (

    select * from {{ ref('stg_registers__danish_education') }}

),

findings as (

    {{ missing('danskudd', ['PNR', 'UUDDNR']) }}
    union all
    {{ unreadable('danskudd', {'STARTDATO': 'date'}) }}
    union all
    {{ shared_key('danskudd', '(PNR)', 'placements', ['person_id']) }}
    union all
    {{ unmapped(
        'danskudd', ['UUDDNR'], 'placements', ['danish_education_code'], 'danish_education'
    ) }}
    union all
    {{ strangers('danskudd', 'placements') }}

),

{{ refuse('findings') }}
