{#
    What the page's sentences say in numbers. name: {from, value (an aggregate), where, unit, reason}; reason: what
    a null means, few_persons where the table withholds cells, not_estimated elsewhere.
#}
{% set window = var('window_weeks') %}
{% set sure = 0.9 %}
{% set production = "side = 'production' and distribution = 'half_normal'" %}
{% set cost = "side = 'cost' and distribution = 'half_normal'" %}
{% set in_work = "week = " ~ window ~ " and cause = 'employment'" %}
{% set numbers = [
    ('municipalities', 'benchmark', 'count(*)', 'true', 'municipalities', 'not_estimated'),
    ('municipalities_above', 'benchmark', 'count(*)', "position = 'above'", 'municipalities', 'not_estimated'),
    ('municipalities_around', 'benchmark', 'count(*)', "position = 'around'", 'municipalities', 'not_estimated'),
    ('municipalities_below', 'benchmark', 'count(*)', "position = 'below'", 'municipalities', 'not_estimated'),
    ('discoveries_above', 'benchmark', 'count(*)', "position_fdr = 'above'", 'municipalities', 'not_estimated'),
    ('discoveries_below', 'benchmark', 'count(*)', "position_fdr = 'below'", 'municipalities', 'not_estimated'),
    ('not_discovered', 'benchmark', 'count(*)', "position_fdr = 'around'", 'municipalities', 'not_estimated'),
    ('all_municipalities', 'observed_durations', 'count(*)', 'true', 'municipalities', 'not_estimated'),
    ('spells', 'table_2_1', 'max(spells)', "sex = 'all' and outcome = 'total'", 'spells', 'few_persons'),
    ('success_percent', 'table_2_1', 'max(percent)', "sex = 'all' and outcome = 'success'", 'percent',
        'few_persons'),
    ('refugee_percent', 'table_2_2', 'max(percent)',
        "residence_ground = 'refugee' and outcome = 'success'", 'percent', 'few_persons'),
    ('reunified_percent', 'table_2_2', 'max(percent)',
        "residence_ground = 'family_reunified' and outcome = 'success'", 'percent', 'few_persons'),
    ('weeks_all', 'table_2_1_durations', 'max(mean_weeks_unfinished_counted)', "sex = 'all'", 'weeks',
        'few_persons'),
    ('weeks_successes', 'table_2_1_durations', 'max(mean_weeks_successes_only)', "sex = 'all'", 'weeks',
        'few_persons'),
    ('men_in_work', 'cumulative_incidence', 'max(incidence)', in_work ~ " and sex = 'men'", 'share',
        'few_persons'),
    ('women_in_work', 'cumulative_incidence', 'max(incidence)', in_work ~ " and sex = 'women'", 'share',
        'few_persons'),
    ('mean_duration', 'table_3_1', 'max(mean_weeks)', "quantity = 'observed_duration'", 'weeks',
        'not_estimated'),
    ('deviation_before', 'table_3_1', 'max(standard_deviation)', "quantity = 'observed_duration'", 'weeks',
        'not_estimated'),
    ('deviation_after', 'table_3_1', 'max(standard_deviation)', "quantity = 'unexplained_duration'", 'weeks',
        'not_estimated'),
    ('variance_explained', 'table_3_1', 'max(variance_reduction_percent)',
        "quantity = 'unexplained_duration'", 'percent', 'not_estimated'),
    ('first_fifth', 'table_3_2', 'max(benchmark_indicator)', 'quintile = 1', 'ratio', 'not_estimated'),
    ('last_fifth', 'table_3_2', 'max(benchmark_indicator)', 'quintile = 5', 'ratio', 'not_estimated'),
    ('first_year', 'figure_4_1', 'max(year)', 'year = first_year', 'year', 'not_estimated'),
    ('last_year', 'figure_4_1', 'max(year)', 'year = last_year', 'year', 'not_estimated'),
    ('million_first', 'figure_4_1', 'max(million_dkk)', 'year = first_year', 'million DKK',
        'not_estimated'),
    ('million_last', 'figure_4_1', 'max(million_dkk)', 'year = last_year', 'million DKK',
        'not_estimated'),
    ('persons_first', 'figure_4_1', 'max(full_year_persons)', 'year = first_year', 'full-year persons',
        'few_persons'),
    ('persons_last', 'figure_4_1', 'max(full_year_persons)', 'year = last_year', 'full-year persons',
        'few_persons'),
    ('mean_lowest', 'figure_4_2', 'min(mean_dkk)', 'true', 'DKK', 'few_persons'),
    ('mean_highest', 'figure_4_2', 'max(mean_dkk)', 'true', 'DKK', 'few_persons'),
    ('cost_r_squared', 'table_5_1_fit', 'max(r_squared)', 'model = 3', 'share', 'not_estimated'),
    ('slope', 'slopes', 'max(coefficient)', "sample = 'all'", 'ratio', 'not_estimated'),
    ('slope_p', 'slopes', 'max(p_value)', "sample = 'all'", 'probability', 'not_estimated'),
    ('slope_without', 'slopes', 'max(coefficient)', "sample <> 'all'", 'ratio', 'not_estimated'),
    ('slope_without_p', 'slopes', 'max(p_value)', "sample <> 'all'", 'probability', 'not_estimated'),
    ('report_slope', 'figure_5_1_regression', 'max(coefficient)',
        "sample = 'all' and term <> 'constant'", 'ratio', 'not_estimated'),
    ('report_slope_p', 'figure_5_1_regression', 'max(p_value)',
        "sample = 'all' and term <> 'constant'", 'probability', 'not_estimated'),
    ('report_slope_r_squared', 'figure_5_1_regression', 'max(r_squared)',
        "sample = 'all' and term <> 'constant'", 'share', 'not_estimated'),
    ('report_slope_without', 'figure_5_1_regression', 'max(coefficient)',
        "sample <> 'all' and term <> 'constant'", 'ratio', 'not_estimated'),
    ('expenditure_apart', 'efficiency_map', 'count(*)', "total_expenditure_position <> 'around'",
        'municipalities', 'not_estimated'),
    ('report_expenditure_apart', 'efficiency_map', 'count(*)', "expenditure_position <> 'around'",
        'municipalities', 'not_estimated'),
    ('in_a_corner', 'efficiency_map', 'count(*)', "total_quadrant <> 'uncertain'", 'municipalities',
        'not_estimated'),
    ('uncertain', 'efficiency_map', 'count(*)', "total_quadrant = 'uncertain'", 'municipalities',
        'not_estimated'),
    ('report_in_a_corner', 'efficiency_map', 'count(*)', "quadrant <> 'uncertain'", 'municipalities',
        'not_estimated'),
    ('production_p', 'frontier_known_noise', 'max(lr_bootstrap_p_value)', production, 'probability',
        'not_estimated'),
    ('cost_p', 'frontier_known_noise', 'max(lr_bootstrap_p_value)', cost, 'probability', 'not_estimated'),
    ('report_production_p', 'frontier_fit', 'max(lr_p_value)', production, 'probability', 'not_estimated'),
    ('report_cost_p', 'frontier_fit', 'max(lr_p_value)', cost, 'probability', 'not_estimated'),
    ('rank_width', 'rank_sets',
        'percentile_cont(0.5) within group (order by marginal_rank_high - marginal_rank_low + 1)', 'true',
        'ranks', 'not_estimated'),
    ('sure_probability', 'likeliest_fifths', 'max(sure_probability)', 'true', 'probability',
        'not_estimated'),
    ('sure_of_fifth', 'likeliest_fifths', 'count(*)', 'probability >= sure_probability', 'municipalities',
        'not_estimated'),
] %}
{% if var('compare_with_print') %}
{% set numbers = numbers + [
    ('cells', 'comparison_summary', 'sum(compared)', 'true', 'cells', 'not_estimated'),
    ('cells_within', 'comparison_summary', 'sum(within_tolerance)', 'true', 'cells', 'not_estimated'),
    ('cells_set_aside', 'comparison_summary', 'sum(set_aside)', 'true', 'cells', 'not_estimated'),
] %}
{% endif %}
with

benchmark as (

    select * from {{ ref('benchmark_indicators') }}

),

observed_durations as (

    select * from {{ ref('observed_durations') }}

),

cumulative_incidence as (

    select * from {{ ref('cumulative_incidence') }}

),

table_2_1 as (

    select * from {{ ref('table_2_1') }}

),

table_2_2 as (

    select * from {{ ref('table_2_2') }}

),

table_2_1_durations as (

    select * from {{ ref('table_2_1_durations') }}

),

table_3_1 as (

    select * from {{ ref('table_3_1') }}

),

table_3_2 as (

    select * from {{ ref('table_3_2') }}

),

expenditure as (

    select * from {{ ref('figure_4_1') }}

),

figure_4_2 as (

    select * from {{ ref('figure_4_2') }}

),

table_5_1_fit as (

    select * from {{ ref('table_5_1_fit') }}

),

figure_5_1_regression as (

    select * from {{ ref('figure_5_1_regression') }}

),

joint_regressions as (

    select * from {{ ref('indicator_regressions_joint') }}

),

efficiency_map as (

    select * from {{ ref('efficiency_map') }}

),

frontier_fit as (

    select * from {{ ref('frontier_fit') }}

),

frontier_known_noise as (

    select * from {{ ref('frontier_known_noise') }}

),

rank_sets as (

    select * from {{ ref('rank_sets') }}

),

quintile_probabilities as (

    select * from {{ ref('quintile_probabilities') }}

),

{% if var('compare_with_print') %}
comparison_summary as (

    select * from {{ ref('comparison_summary') }}

),

{% endif %}
figure_4_1 as (

    select
        *,
        min(year) over () as first_year,
        max(year) over () as last_year
    from expenditure

),

-- in front: weights by precision, errors of both indicators
slopes as (

    select
        sample,
        coefficient,
        p_value
    from joint_regressions
    where
        form = 'linear'
        and term = 'expenditure_indicator'
        and weights = 'precision'
        and estimator = 'weighted'

),

-- a municipality is said to belong to a fifth with at least this probability
likeliest_fifths as (

    select
        municipality_code,
        max(probability) as probability,
        {{ sure }} as sure_probability
    from quintile_probabilities
    group by municipality_code

),

listed as (

    {% for name, relation, value, condition, unit, reason in numbers %}
    select
        cast('{{ name }}' as {{ dbt.type_string() }}) as name,
        cast({{ value }} as double) as value,
        cast('{{ unit }}' as {{ dbt.type_string() }}) as unit,
        cast('{{ reason }}' as {{ dbt.type_string() }}) as reason_of_null,
        {{ loop.index }} as row_position
    from {{ relation }}
    where {{ condition }}
    {{ "union all" if not loop.last }}
    {% endfor %}

),

final as (

    select
        name,
        value,
        unit,
        case when value is null then reason_of_null end as withheld_reason,
        cast(row_position as integer) as row_position
    from listed

)

select * from final
order by row_position
