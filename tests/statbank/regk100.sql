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

-- refunds (dranst 2) have numbers of their own, and only those of 5.46.60 are read
groupings as (

    select
        function_code,
        {{ to_code('"GRUPPERING"', 3) }} as grouping,
        {{ day_of_year('year', 1, 1) }} as first_day,
        {{ to_text('"DRANST"') }} = '1' as is_running
    from accounts
    where
        is_read
        and (is_of_programme or {{ to_text('"DRANST"') }} = '1')

),

running as (

    select * from groupings
    where is_running

),

years as (

    {% set last_year = var('last_expenditure_year') | int %}
    {% for year in range(var('first_expenditure_year') | int, last_year + 1) %}
    select {{ year }} as year
    {{ "union all" if not loop.last }}
    {% endfor %}

),

function_years as (

    select distinct
        function_code,
        year
    from accounts
    where is_read

),

-- a function that holds a part of the programme in a year
needed as (

    select distinct
        known.function_code || ' in ' || {{ as_text('years.year') }} as cell,
        function_years.year is null as is_absent
    from years
    inner join {{ ref('account_groupings') }} as known
        on {{ is_valid_on('known', day_of_year('years.year', 1, 1)) }}
    left join function_years
        on
            known.function_code = function_years.function_code
            and years.year = function_years.year
    where
        known.scope = 'programme'
        and known.function_code <> '{{ programme_function() }}'

),

findings as (

    {{ account_findings('regk100', key) }}
    union all
    -- a grouping that no seed maps would leave every total
    {{ unmapped(
        'regk100', ['FUNKTION', 'GRUPPERING'], 'groupings', ['function_code', 'grouping'],
        'account_groupings', ids=false
    ) }}
    union all
    {{ outside_dates(
        'regk100', ['FUNKTION', 'GRUPPERING'], 'running', ['function_code', 'grouping'], 'first_day',
        'account_groupings', ids=false
    ) }}
    union all
    {{ finding(
        'regk100', 'GRUPPERING',
        '(
            select running.grouping
            from running
            inner join ' ~ ref('account_groupings') ~ ' as known
                on running.function_code = known.function_code and running.grouping = known.grouping
            where known.is_placeholder_code
        ) as placeholders',
        'true', 'of a grouping whose contents no public source says',
        'Find out what it holds and fill in its row of seeds/classifications/account_groupings.csv.',
        'placeholder-code', example='min(grouping)', ids=false
    ) }}
    union all
    {{ finding(
        'regk100', '(FUNKTION, TID)', 'needed', 'is_absent',
        'that the method needs and the export lacks',
        'From 2016 on the wage subsidy of the programme is on 5.46.61: export FUNKTION 54660 and 54661.',
        'missing-cell', example='min(cell)', noun='cell', ids=false
    ) }}

),

{{ refuse('findings') }}
