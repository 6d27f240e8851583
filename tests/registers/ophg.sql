-- What cannot be right in ophg: docs/bad_input.md.
{{ config(severity='warn') }}

with

permits as (

    select * from {{ ref('stg_registers__permits') }}

),

findings as (

    {{ missing('ophg', ['PNR', 'TILLADELSESDATO', 'KATEGORI', 'GRUNDLAG', 'FORKLAR']) }}
    union all
    {{ unreadable('ophg', {'TILLADELSESDATO': 'date'}) }}
    union all
    {{ unmapped(
        'ophg', ['KATEGORI', 'GRUNDLAG', 'FORKLAR'], 'permits',
        ['permit_category', 'permit_basis', 'permit_explanation'], 'residence_grounds'
    ) }}
    union all
    {{ outside_dates(
        'ophg', ['KATEGORI', 'GRUNDLAG', 'FORKLAR'], 'permits',
        ['permit_category', 'permit_basis', 'permit_explanation'], 'permit_date', 'residence_grounds'
    ) }}
    union all
    {{ after_today('ophg', 'TILLADELSESDATO', 'permits', 'permit_date') }}
    union all
    {{ before_birth('ophg', 'TILLADELSESDATO', 'permits', 'permit_date') }}
    union all
    {{ years_without_rows(
        'ophg', 'TILLADELSESDATO', 'permits', 'extract(year from permit_date)', var('last_permit_year') | int
    ) }}
    union all
    {{ strangers('ophg', 'permits') }}

),

{{ refuse('findings') }}
