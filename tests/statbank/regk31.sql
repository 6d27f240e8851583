-- What cannot be right in the export regk31: docs/bad_input.md.
{{ config(severity='warn') }}
{% set key = ['OMRÅDE', 'FUNKTION', 'DRANST', 'ART', 'TID'] %}

with

municipalities as (

    select * from {{ ref('municipalities') }}

),

accounts as (

    {{ delivered_accounts('regk31') }}

),

findings as (

    {{ account_findings('regk31', key) }}

),

{{ refuse('findings') }}
