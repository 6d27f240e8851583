-- What cannot be right in dream: docs/bad_input.md.
{{ config(severity='warn') }}

with

persons as (

    select {{ to_person_id('pnr') }} as person_id
    from {{ source('registers', 'dream') }}

),

dream_weeks as (

    select * from {{ ref('stg_registers__dream_weeks') }}

),

programme_ends as (

    select * from {{ ref('stg_registers__programme_ends') }}

),

match_groups as (

    select * from {{ ref('stg_registers__match_groups') }}

),

match_quarters as (

    select
        system,
        match_group,
        {{ day_of_year('calendar_year', '3 * calendar_quarter - 2', 1) }} as quarter_start
    from match_groups

),

-- Y_9752 is of 1997: the register starts in 1991
numbered as (

    select
        dream_week,
        case when dream_week >= '90' then 1900 else 2000 end
        + cast(substr(dream_week, 1, 2) as integer) as week_year,
        cast(substr(dream_week, 3, 2) as integer) as week_number,
        count(*) as code_rows
    from dream_weeks
    group by dream_week

),

weeks as (

    select
        *,
        {{ add_days(first_week_of_year('week_year'), '7 * (week_number - 1)') }} as week_start
    from numbered

),

-- the years of the study, with the number of codes in them
years as (

    select
        week_year,
        sum(code_rows) as code_rows
    from weeks
    group by week_year

),

-- only the weeks of the study are read, so only their codes need a meaning
study_weeks as (

    select
        dream_weeks.dream_code,
        weeks.week_start
    from dream_weeks
    inner join weeks
        on dream_weeks.dream_week = weeks.dream_week
    where
        weeks.week_year >= {{ var('first_permit_year') }}
        and weeks.week_start <= {{ date_literal(var('data_end_week')) }}

),

-- codes come and go with the versions of the register, each of which codes its whole history
other_versions as (

    select study_weeks.dream_code
    from study_weeks
    inner join {{ ref('dream_states') }} as known
        on study_weeks.dream_code = known.dream_code
    where not ({{ is_of_dream_version() }})

),

repeated as (

    select person_id
    from persons
    group by person_id
    having count(*) > 1

),

distinct_rows as (

    select distinct
        {{ to_person_id('delivered.pnr') }} as person_id,
        delivered.*
    from {{ source('registers', 'dream') }} as delivered
    inner join repeated
        on {{ to_person_id('delivered.pnr') }} = repeated.person_id

),

-- persons with rows that are not equal
differing as (

    select person_id
    from distinct_rows
    group by person_id
    having count(*) > 1

),

findings as (

    {{ missing('dream', ['PNR']) }}
    union all
    {{ finding(
        'dream', '(PNR)', 'differing', 'true', 'in several rows that differ',
        'Deliver the rows that hold; exact duplicates do no harm.', 'two-rows-one-key', noun='value'
    ) }}
    union all
    {{ unmapped('dream', ['Y_YYWW'], 'study_weeks', ['dream_code'], 'dream_states') }}
    union all
    {{ outside_dates(
        'dream', ['Y_YYWW'], 'study_weeks', ['dream_code'], 'week_start', 'dream_states'
    ) }}
    union all
    {{ finding(
        'dream', 'Y_YYWW', 'other_versions', 'true',
        'with a code that is not of version ' ~ var('dream_version') ~ ' of DREAM',
        'Say in dream_version which version was delivered (docs/studies.md).', 'dream-version',
        example='min(dream_code)'
    ) }}
    union all
    {{ finding(
        'dream', 'Y_YYWW', 'weeks',
        'week_number not between 1 and 53 or ' ~ iso_year('week_start') ~ ' <> week_year',
        'that the calendar does not have, with codes in it',
        'Years end with week 52 or 53 as the ISO calendar has it.', 'no-such-week',
        example="min('Y_' || dream_week)", noun='week'
    ) }}
    union all
    select
        'warning' as severity,
        'dream' as register,
        'Y_YYWW' as column_name,
        cast(count(*) as bigint) as row_count,
        'register dream: no week of ' || {{ listed('spine.week_year') }}
        || ' holds a code. Was the year left blank? See docs/bad_input.md#blank-year.' as sentence
    from (
        {% for year in range(var('first_permit_year') | int, var('last_permit_year') | int + 1) %}
        select {{ year }} as week_year
        {{ 'union all' if not loop.last }}
        {% endfor %}
    ) as spine
    left join years
        on spine.week_year = years.week_year
    where years.week_year is null
    having count(*) > 0
    union all
    {{ unmapped(
        'dream', ['system', 'group'], 'match_quarters', ['system', 'match_group'], 'match_groups',
        ['system', 'match_group_code']
    ) }}
    union all
    -- five groups until April 2010, three from then on
    {{ outside_dates(
        'dream', ['system', 'group'], 'match_quarters', ['system', 'match_group'], 'quarter_start',
        'match_groups', ['system', 'match_group_code']
    ) }}
    union all
    {{ unreadable('dream', {'INTPGMSLDT': 'date'}) }}
    union all
    {{ finding(
        'dream', 'INTPGMSLDT', 'programme_ends', "programme_end_date < date '1999-01-01'",
        'before the first programme under the Integration Act', 'Is the column what it says?', 'programme-end',
        example='min(programme_end_date)'
    ) }}
    union all
    {{ strangers('dream', 'persons') }}

),

{{ refuse('findings') }}
