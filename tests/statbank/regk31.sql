-- What cannot be right in the export regk31: docs/bad_input.md.
{{ config(severity='warn') }}
{% set key = ['OMRÅDE', 'FUNKTION', 'DRANST', 'ART', 'TID'] %}
{% do require_headings('regk31', key + ['PRISENHED', 'INDHOLD']) %}

with

municipalities as (

    select * from {{ ref('municipalities') }}

),

coded as (

    select
        *,
        {{ to_code('"OMRÅDE"', 3) }} as area,
        {{ to_integer('"TID"') }} as year,
        upper({{ to_text('"PRISENHED"') }}) = 'LOBM'
        and {{ to_code('"FUNKTION"', 5) }} = '54660' as is_programme_amount
    from {{ ref('regk31') }}

),

-- totals of areas and other price units are not read; they only have to be recognised
accounts as (

    select
        coded.*,
        coded.is_programme_amount and municipalities.municipality_code is not null as is_read
    from coded
    left join municipalities
        on coded.area = municipalities.municipality_code

),

findings as (

    {{ account_findings('regk31', key) }}

),

{{ refuse('findings') }}
