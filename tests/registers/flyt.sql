-- What cannot be right in flyt: docs/bad_input.md.
{{ config(severity='warn') }}

with

moves as (

    select * from {{ ref('stg_registers__moves') }}

),

real_moves as (

    select
        person_id,
        move_date,
        count(*) as moves_of_day
    from moves
    where from_municipality_code <> to_municipality_code
    group by person_id, move_date

),

between_municipalities as (

    select * from moves
    where from_municipality_code <> to_municipality_code

),

lived_in as (

    select
        municipality_code,
        cast(count(*) as double) as weight
    from {{ ref('stg_registers__population') }}
    group by municipality_code

),

findings as (

    {{ missing('flyt', ['PNR', 'HAEND_DATO', 'KOM', 'GL_KOM']) }}
    union all
    {{ unreadable('flyt', {'HAEND_DATO': 'date'}) }}
    union all
    {{ unknown_municipality('flyt', 'KOM', 'moves', 'to_municipality_code', 'move_date') }}
    union all
    {{ unknown_municipality('flyt', 'GL_KOM', 'moves', 'from_municipality_code', 'move_date') }}
    union all
    {{ after_today('flyt', 'HAEND_DATO', 'moves', 'move_date') }}
    union all
    {{ before_birth('flyt', 'HAEND_DATO', 'moves', 'move_date') }}
    union all
    -- a few are real; one in a hundred are dates that were rounded
    {{ finding(
        'flyt', '(PNR, HAEND_DATO)', 'real_moves',
        'moves_of_day > 1 and 100 * (select count(*) from real_moves where moves_of_day > 1)
        > (select count(*) from real_moves)',
        'with several moves', 'Only one of them counts; were the dates rounded?', 'several-moves',
        noun='value', severity='warning'
    ) }}
    union all
    {{ municipalities_without_rows(
        'flyt', 'KOM', 'between_municipalities', 'to_municipality_code', 'lived_in'
    ) }}
    union all
    {{ municipalities_without_rows(
        'flyt', 'GL_KOM', 'between_municipalities', 'from_municipality_code', 'lived_in'
    ) }}
    union all
    {{ years_without_rows(
        'flyt', 'HAEND_DATO', 'moves', 'extract(year from move_date)', var('last_permit_year') | int
    ) }}
    union all
    {{ strangers('flyt', 'moves') }}

),

{{ refuse('findings') }}
