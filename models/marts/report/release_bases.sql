{#
    Persons are counted here from the person-level tables, and not taken from the models that withhold.
#}
{% set benchmarked = [
    'benchmark_indicators', 'efron_durations', 'expected_durations', 'funnel_limits', 'indicator_covariance',
    'bootstrap_ranks', 'indicator_uncertainty', 'municipal_profiles', 'quintile_probabilities', 'rank_sets', 'shrunken_indicators',
    'municipal_curves', 'municipal_survival', 'cost_distances', 'efficiency_input', 'efficiency_map', 'frontier_efficiencies', 'frontier_intervals',
    'frontier_known_noise', 'municipal_pairs', 'municipal_peers', 'figure_5_1', 'figure_5_2', 'figure_5_3', 'figure_5_4',
] %}
{% set modelled = ['expenditure_indicators', 'supplementary_indicators', 'table_5_2_members'] %}
{% set coefficients = {
    'cox_coefficients': 'coefficient', 'cox_diagnostics': 'efron_coefficient', 'appendix_table_6_1': 'standard_error',
    'hazard_ratios': 'hazard_ratio',
} %}
{# the baseline steps where the bands give a week #}
{% set curves = [
    ('survival_bands', 'survival_bands', 'sex', "'employment'", 'survival'),
    ('cox_baseline', 'survival_bands', 'sex', "'employment'", 'survival'),
    ('cumulative_incidence', 'cumulative_incidence', 'sex', 'cause', 'incidence'),
    ('municipal_curves', 'municipal_curves', 'municipality_code', "'employment'", 'observed_survival'),
] %}
with

programme_days as (

    select * from {{ ref('int_programme_days') }}

),

spells as (

    select * from {{ ref('int_spells') }}

),

population as (

    select * from {{ ref('int_population') }}

),

cox_input as (

    select * from {{ ref('int_cox_input') }}

),

members as (

    {{ programme_members('programme_days', 'population') }}

),

-- a person is one row of a municipality and year
persons as (

    select
        municipality_code,
        year,
        {% for share in composition_terms() %}
        least(
            sum(case when {{ share.condition }} then 1 else 0 end),
            sum(case when {{ share.condition }} then 0 else 1 end)
        ) as {{ share.term }},
        {% endfor %}
        count(*) as persons
    from members
    group by municipality_code, year

),

national_persons as (

    select
        year,
        {% for share in composition_terms() %}
        least(
            count(distinct case when {{ share.condition }} then person_id end),
            count(distinct case when {{ share.condition }} then null else person_id end)
        ) as {{ share.term }}{{ "," if not loop.last }}
        {% endfor %}
    from members
    group by year

),

spell_persons as (

    select
        municipality_code,
        count(distinct person_id) as persons,
        count(distinct case when is_success then person_id end) as with_success,
        count(distinct case when not is_success then person_id end) as without_success
    from spells
    group by municipality_code

),

-- a curve is of the spells of a sex, or of a municipality
spells_by_unit as (

    {% for unit in ['sex', 'municipality_code'] %}
    select
        {{ unit }} as unit,
        person_id,
        outcome,
        duration_weeks
    from spells
    {{ "union all" if not loop.last }}
    {% endfor %}

),

events as (

    select
        unit,
        cause,
        week,
        count(*) as persons
    from (
        select
            unit,
            case when outcome = 'success' then 'employment' else 'leaving' end as cause,
            person_id,
            min(duration_weeks) as week
        from spells_by_unit
        where outcome in ('success', 'left')
        group by unit, cause, person_id
    ) as first_events
    group by unit, cause, week

),

at_risk as (

    select
        unit,
        longest,
        count(*) as persons
    from (
        select
            unit,
            person_id,
            max(duration_weeks) as longest
        from spells_by_unit
        group by unit, person_id
    ) as longest_spells
    group by unit, longest

),

points as (

    {% for curve, weeks, unit, cause, value in curves %}
    select
        '{{ curve }}' as curve,
        {{ unit }} as unit,
        {{ cause }} as cause,
        week,
        lag(week) over (partition by {{ unit }}, {{ cause }} order by week) as week_before
    from {{ ref(weeks) }}
    where {{ value }} is not null
    {{ "union all" if not loop.last }}
    {% endfor %}

),

persons_by_term as (

    select
        sex,
        person_id,
        {% for term in case_mix_terms_in_order() %}
        max(case when {{ term }} <> 0 then 1 else 0 end) as {{ term }}_on,
        max(case when {{ term }} <> 1 then 1 else 0 end) as {{ term }}_off{{ "," if not loop.last }}
        {% endfor %}
    from cox_input
    where is_success
    group by sex, person_id

),

terms as (

    select
        sex,
        {% for term in case_mix_terms_in_order() %}
        least(sum({{ term }}_on), sum({{ term }}_off)) as {{ term }}{{ "," if not loop.last }}
        {% endfor %}
    from persons_by_term
    group by sex

),

term_persons as (

    {% for term in case_mix_terms_in_order() %}
    select
        sex,
        '{{ term }}' as term,
        {{ term }} as persons
    from terms
    {{ "union all" if not loop.last }}
    {% endfor %}

),

cells as (

    {% for table, value in {
        'programme_persons': 'coalesce(published.persons, published.full_year_persons)',
        'expenditure_per_person':
            'coalesce(published.full_year_persons, published.expenditure_per_full_year_person_dkk)',
        'expenditure_need': 'published.actual_dkk',
        'municipal_expenditure':
            'coalesce(published.full_year_persons, published.actual_dkk, published.expected_dkk)',
    }.items() %}
    select
        '{{ table }}' as published_table,
        published.municipality_code || ' ' || cast(published.year as varchar) as cell,
        persons.persons,
        cast({{ value }} as double) as published_value
    from {{ ref(table) }} as published
    left join persons
        on
            published.municipality_code = persons.municipality_code
            and published.year = persons.year
    union all
    {% endfor %}
    {% for share in composition_terms() %}
    select
        'municipal_composition' as published_table,
        published.municipality_code || ' ' || cast(published.year as varchar) || ' {{ share.term }}'
            as cell,
        persons.{{ share.term }} as persons,
        published.{{ share.term }} as published_value
    from {{ ref('municipal_composition') }} as published
    left join persons
        on
            published.municipality_code = persons.municipality_code
            and published.year = persons.year
    union all
    select
        'municipal_groups' as published_table,
        published.municipality_code || ' ' || cast(published.year as varchar) || ' {{ share.term }}'
            as cell,
        persons.{{ share.term }} as persons,
        published.share as published_value
    from {{ ref('municipal_groups') }} as published
    left join persons
        on
            published.municipality_code = persons.municipality_code
            and published.year = persons.year
    where published.term = '{{ share.term }}'
    union all
    select
        'national_composition' as published_table,
        cast(published.year as varchar) || ' {{ share.term }}' as cell,
        national_persons.{{ share.term }} as persons,
        published.{{ share.term }} as published_value
    from {{ ref('national_composition') }} as published
    left join national_persons
        on published.year = national_persons.year
    union all
    {% endfor %}
    {% for grouping_set, input in {
        'programme': 'int_cost_need_input', 'supplementary': 'int_supplementary_cost_need_input',
    }.items() %}
    select
        'supplementary_comparison' as published_table,
        '{{ grouping_set }}' as cell,
        count(distinct members.person_id) as persons,
        1 as published_value
    from members
    inner join {{ ref(input) }} as cost_need_cells
        on
            members.municipality_code = cost_need_cells.municipality_code
            and members.year = cost_need_cells.year
    union all
    {% endfor %}
    {% for table in modelled %}
    select
        '{{ table }}' as published_table,
        published.municipality_code as cell,
        max(persons.persons) as persons,
        1 as published_value
    from {{ ref(table) }} as published
    left join persons
        on published.municipality_code = persons.municipality_code
    group by published.municipality_code
    union all
    {% endfor %}
    {% for table in benchmarked %}
    select distinct
        '{{ table }}' as published_table,
        published.municipality_code as cell,
        spell_persons.with_success as persons,
        1 as published_value
    from {{ ref(table) }} as published
    left join spell_persons
        on published.municipality_code = spell_persons.municipality_code
    union all
    {% endfor %}
    -- a group less its other municipalities, which are published, is one municipality
    select
        'group_indicators' as published_table,
        published.kind || ' ' || published.group_name as cell,
        min(spell_persons.with_success) as persons,
        1 as published_value
    from {{ ref('group_indicators') }} as published
    left join (
        {{ ref('int_group_members') }} as members
        inner join {{ ref('benchmark_indicators') }} as benchmark
            on members.municipality_code = benchmark.municipality_code
        inner join spell_persons
            on members.municipality_code = spell_persons.municipality_code
    )
        on
            published.kind = members.kind
            and published.group_name = members.group_name
    group by published.kind, published.group_name
    union all
    select
        'figure_3_1' as published_table,
        published.municipality_code as cell,
        spell_persons.with_success as persons,
        coalesce(published.benchmark_indicator, published.quintile) as published_value
    from {{ ref('figure_3_1') }} as published
    left join spell_persons
        on published.municipality_code = spell_persons.municipality_code
    union all
    -- a municipality outside the benchmark has no result, and its swings are those of shown years
    select
        'municipal_answers' as published_table,
        published.municipality_code as cell,
        spell_persons.with_success as persons,
        coalesce(published.difference_weeks, published.difference_dkk) as published_value
    from {{ ref('municipal_answers') }} as published
    left join spell_persons
        on published.municipality_code = spell_persons.municipality_code
    union all
    select
        'figure_4_1' as published_table,
        cast(published.year as varchar) as cell,
        sum(persons.persons) as persons,
        max(published.full_year_persons) as published_value
    from {{ ref('figure_4_1') }} as published
    left join persons
        on published.year = persons.year
    group by published.year
    union all
    {% for table in ['observed_durations', 'appendix_table_5_1'] %}
    select
        '{{ table }}' as published_table,
        published.municipality_code || ' spells' as cell,
        spell_persons.persons,
        published.spells as published_value
    from {{ ref(table) }} as published
    left join spell_persons
        on published.municipality_code = spell_persons.municipality_code
    union all
    select
        '{{ table }}' as published_table,
        published.municipality_code || ' successes' as cell,
        least(spell_persons.with_success, spell_persons.without_success) as persons,
        published.successes as published_value
    from {{ ref(table) }} as published
    left join spell_persons
        on published.municipality_code = spell_persons.municipality_code
    union all
    select
        '{{ table }}' as published_table,
        published.municipality_code || ' duration' as cell,
        spell_persons.with_success as persons,
        published.observed_mean_duration_weeks as published_value
    from {{ ref(table) }} as published
    left join spell_persons
        on published.municipality_code = spell_persons.municipality_code
    union all
    {% endfor %}
    {% for table, key, groups, share in [
        ('table_2_1', 'sex', 'spells.sex', 'percent'),
        ('table_2_2', 'residence_ground', 'population.residence_group', 'percent'),
        ('outcome_shares', 'population_group', 'spells.sex, population.residence_group', 'share'),
    ] %}
    select
        '{{ table }}' as published_table,
        published.{{ key }} || ' ' || published.outcome as cell,
        count(distinct spells.person_id) as persons,
        max(coalesce(published.spells, published.{{ share }})) as published_value
    from {{ ref(table) }} as published
    left join (spells inner join population on spells.person_id = population.person_id)
        on
            published.{{ key }} in ({{ groups }}, 'all')
            and published.outcome in (spells.outcome, 'total')
    group by published.{{ key }}, published.outcome
    union all
    {% endfor %}
    {% for table, key, of in [
        ('table_2_1_durations', 'sex', 'spells.sex'),
        ('table_2_2_durations', 'residence_ground', 'population.residence_group'),
    ] %}
    select
        '{{ table }}' as published_table,
        published.{{ key }} as cell,
        count(distinct case
            when spells.is_success or published.mean_weeks_successes_only is null
                then spells.person_id
        end) as persons,
        max(
            coalesce(published.mean_weeks_successes_only, published.mean_weeks_unfinished_counted)
        ) as published_value
    from {{ ref(table) }} as published
    left join (
        spells
        inner join population on spells.person_id = population.person_id
        inner join {{ ref('benchmark_indicators') }} as benchmark
            on spells.municipality_code = benchmark.municipality_code
    )
        on published.{{ key }} in ({{ of }}, 'all')
    group by published.{{ key }}
    union all
    {% endfor %}
    {% for table, value in coefficients.items() %}
    select
        '{{ table }}' as published_table,
        published.sex || ' ' || published.term as cell,
        term_persons.persons,
        published.{{ value }} as published_value
    from {{ ref(table) }} as published
    inner join term_persons
        on
            published.sex = term_persons.sex
            and published.term = term_persons.term
    union all
    {% endfor %}
    select
        'cox_concordance' as published_table,
        published.sex as cell,
        least(
            count(distinct case when spells.is_success then spells.person_id end),
            count(distinct case when not spells.is_success then spells.person_id end)
        ) as persons,
        1 as published_value
    from {{ ref('cox_concordance') }} as published
    left join spells
        on published.sex = spells.sex
    group by published.sex
    union all
    select
        points.curve || ' steps' as published_table,
        points.unit || ' ' || points.cause || ' ' || cast(points.week as varchar) as cell,
        sum(events.persons) as persons,
        1 as published_value
    from points
    left join events
        on
            points.unit = events.unit
            and points.cause = events.cause
            and points.week_before < events.week
            and points.week >= events.week
    where points.week_before is not null
    group by points.curve, points.unit, points.cause, points.week
    union all
    select
        points.curve || ' at risk' as published_table,
        points.unit || ' ' || points.cause || ' ' || cast(points.week as varchar) as cell,
        sum(at_risk.persons) as persons,
        1 as published_value
    from points
    left join at_risk
        on
            points.unit = at_risk.unit
            and points.week <= at_risk.longest
    where points.week_before is not null
    group by points.curve, points.unit, points.cause, points.week

),

final as (

    select
        published_table,
        cell,
        cast(coalesce(persons, 0) as bigint) as persons,
        published_value is not null as is_shown
    from cells

)

select * from final
