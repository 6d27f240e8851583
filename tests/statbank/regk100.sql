-- What cannot be right in the export regk100: docs/bad_input.md.
{{ config(severity='warn') }}
{% set key = ['OMRÅDE', 'FUNKTION', 'DRANST', 'EJER', 'GRUPPERING', 'ART', 'TID'] %}
{% do require_headings('regk100', key + ['PRISENHED', 'INDHOLD']) %}

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
    from {{ ref('regk100') }}

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

groupings as (

    select {{ to_code('"GRUPPERING"', 3) }} as grouping
    from accounts
    where is_read

),

findings as (

    {{ account_findings('regk100', key) }}
    union all
    -- a grouping that no seed maps would leave every total
    {{ unmapped('regk100', ['GRUPPERING'], 'groupings', ['grouping'], 'account_groupings') }}

),

{{ refuse('findings') }}
