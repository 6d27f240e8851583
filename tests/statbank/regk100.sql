-- What cannot be right in the export regk100: docs/bad_input.md.
{{ config(severity='warn') }}
{% set key = ['OMRÅDE', 'FUNKTION', 'DRANST', 'EJER', 'GRUPPERING', 'ART', 'TID'] %}

with

municipalities as (

    select * from {{ ref('municipalities') }}

),

accounts as (

    {{ delivered_accounts('regk100') }}

),

groupings as (

    select {{ to_code('"GRUPPERING"', 3) }} as grouping
    from accounts
    where is_read

),

findings as (

    {{ account_findings('regk100', key) }}
    union all
    -- a grouping that no seed maps would leave every total
    {{ unmapped(
        'regk100', ['GRUPPERING'], 'groupings', ['grouping'], 'account_groupings', ids=false
    ) }}

),

{{ refuse('findings') }}
