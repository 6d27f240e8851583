{{ config(enabled=var('compare_with_print')) }}
with

criteria as (

    select * from {{ ref('published_criteria_limits') }}

),

comparison as (

    select * from {{ ref('published_comparison') }}

),

benchmark as (

    select * from {{ ref('benchmark_indicators') }}

),

expenditure as (

    select * from {{ ref('expenditure_indicators') }}

),

regressions as (

    select * from {{ ref('indicator_regressions') }}

),

frontier_fit as (

    select * from {{ ref('frontier_fit') }}

),

frontier_efficiencies as (

    select * from {{ ref('frontier_efficiencies') }}

),

-- a cell that the errata set aside is not a target
targets as (

    select * from comparison
    where not is_set_aside

),

-- columns of the printed tables of which every cell counts
whole_columns as (

    select
        listed.report_item,
        listed.measure,
        listed.criterion
    from (
        values
        ('table_2_1', 'spells', 'table_2_1_counts'),
        ('table_2_1_durations', 'mean_weeks_unfinished_counted', 'table_2_1_durations'),
        ('table_2_1_durations', 'mean_weeks_successes_only', 'table_2_1_durations'),
        ('table_2_2', 'spells', 'table_2_2_counts'),
        ('table_2_2_durations', 'mean_weeks_unfinished_counted', 'table_2_2_durations'),
        ('table_2_2_durations', 'mean_weeks_successes_only', 'table_2_2_durations'),
        ('table_3_2', 'benchmark_indicator', 'table_3_2_indicators'),
        ('table_3_2', 'observed_mean_duration_weeks', 'table_3_2_durations'),
        ('table_3_2', 'expected_mean_duration_weeks', 'table_3_2_durations'),
        ('table_4_1', 'million_dkk_2015_prices', 'table_4_1_amounts'),
        ('table_4_2', 'million_dkk_2015_prices', 'table_4_2_amounts'),
        ('table_4_3', 'mean_dkk', 'table_4_3_means'),
        ('table_4_3', 'standard_error_dkk', 'table_4_3_standard_errors'),
        ('table_4_3', 'min_dkk', 'table_4_3_extremes'),
        ('table_4_3', 'max_dkk', 'table_4_3_extremes'),
        ('table_5_1', 'coefficient_dkk', 'table_5_1_coefficients'),
        ('table_5_1_fit', 'r_squared', 'table_5_1_r_squared'),
        ('table_5_2', 'mean_expenditure_indicator', 'table_5_2_means'),
        ('table_5_3', 'municipalities_corrected', 'table_5_3_total_counts'),
        ('table_5_3', 'expenditure_dkk_per_person', 'table_5_3_total_expenditure'),
        ('table_5_3', 'benchmark_indicator', 'table_5_3_total_indicators')
    ) as listed (report_item, measure, criterion)

),

-- Table 5.3's inner cells stand apart from its totals, and only their means are targets
counted_cells as (

    select
        targets.rebuilt,
        targets.within_tolerance,
        case
            when targets.report_item = 'table_5_3' and targets.row_label not like '%total%'
                then replace(whole_columns.criterion, '_total_', '_inner_')
            else whole_columns.criterion
        end as criterion
    from targets
    inner join whole_columns
        on
            targets.report_item = whole_columns.report_item
            and targets.measure = whole_columns.measure

),

cells_outside as (

    select
        criterion,
        count(*) - sum(case when within_tolerance then 1 else 0 end) as measured,
        count(*) as of_cells,
        count(*) - count(rebuilt) as not_compared
    from counted_cells
    group by criterion

),

single_cells as (

    select
        listed.criterion,
        targets.rebuilt as measured
    from targets
    inner join (
        values
        ('observed_duration', 'mean_weeks', 'table_3_1_observed_mean'),
        ('observed_duration', 'standard_deviation', 'table_3_1_observed_standard_deviation'),
        ('unexplained_duration', 'standard_deviation', 'table_3_1_unexplained_standard_deviation'),
        ('unexplained_duration', 'variance_reduction_percent', 'table_3_1_variance_reduction'),
        ('all, expenditure_indicator', 'coefficient', 'figure_5_1_slope'),
        ('without_outlier, expenditure_indicator', 'coefficient', 'figure_5_1_slope_without_169')
    ) as listed (row_label, measure, criterion)
        on
            targets.row_label = listed.row_label
            and targets.measure = listed.measure
    where targets.report_item in ('table_3_1', 'figure_5_1_regression')

),

highest as (

    select
        'table_3_2_highest_benchmark' as criterion,
        municipality_code,
        rank() over (order by benchmark_indicator desc) as measured
    from benchmark
    union all
    select
        'table_3_2_highest_expenditure' as criterion,
        municipality_code,
        rank() over (order by expenditure_indicator desc) as measured
    from expenditure

),

-- one number of observations is printed for three models
observations as (

    select
        rebuilt as measured,
        row_number() over (order by abs(difference) desc nulls first, cell asc) as distance_rank
    from targets
    where report_item = 'table_5_1_fit' and measure = 'observations'

),

ten_most_cost_efficient as (

    select benchmark.benchmark_indicator
    from frontier_efficiencies
    inner join benchmark
        on frontier_efficiencies.municipality_code = benchmark.municipality_code
    where
        frontier_efficiencies.side = 'cost'
        and frontier_efficiencies.distribution = 'half_normal'
        and frontier_efficiencies.report_rank <= 10

),

municipalities as (

    select
        row_label,
        max(case when measure = 'spells' then published end) as printed_spells,
        max(case when measure = 'spells' then rebuilt end) as rebuilt_spells,
        100.0 * max(case when measure = 'successes' then difference end)
        / max(case when measure = 'spells' then published end) as percentage_points
    from comparison
    where report_item = 'appendix_table_5_1' and measure in ('spells', 'successes')
    group by row_label

),

country as (

    select
        published as printed_spells,
        rebuilt as rebuilt_spells
    from comparison
    where report_item = 'table_2_1' and row_label = 'all, total' and measure = 'spells'

),

compared_spells as (

    select
        sum(case when rebuilt_spells <> printed_spells then 1 else 0 end) as measured,
        count(*) - count(rebuilt_spells) as not_compared,
        sum(case when rebuilt_spells is not null then printed_spells end) as printed_spells,
        sum(rebuilt_spells) as rebuilt_spells
    from municipalities

),

-- cells that are not printed, or withheld, are known as a sum: the total less the other cells
all_spells as (

    select
        compared_spells.not_compared,
        compared_spells.measured + case
            when
                country.rebuilt_spells - compared_spells.rebuilt_spells
                = country.printed_spells - compared_spells.printed_spells
                then 0
            else 1
        end as measured
    from compared_spells
    cross join country

),

success_shares as (

    select
        case
            when count(percentage_points) > 0
                then sum(case when abs(percentage_points) > 4 + 1e-9 then 1 else 0 end)
        end as municipalities_outside,
        count(*) - count(percentage_points) as not_compared,
        {{ exact_sum('abs(percentage_points)') }} / count(percentage_points) as mean_distance
    from municipalities
    where printed_spells >= {{ var('minimum_spells') }}

),

coefficients as (

    select 100.0 * sum(case when within_tolerance then 1 else 0 end) / count(*) as percent_within
    from targets
    where report_item = 'appendix_table_6_1' and measure = 'coefficient'

),

standard_errors as (

    select percentile_cont(0.5) within group (order by rebuilt / published) as median_ratio
    from targets
    where
        report_item = 'appendix_table_6_1'
        and measure = 'standard_error'
        and rebuilt is not null

),

measurements as (

    select
        criterion,
        cast(measured as double) as measured,
        'Of ' || cast(of_cells as varchar) || ' cells'
        || case
            when not_compared > 0
                then ', ' || cast(not_compared as varchar) || ' of them without a rebuilt number'
            else ''
        end || '.' as note
    from cells_outside
    union all
    select
        criterion,
        measured,
        cast(null as varchar) as note
    from single_cells
    union all
    select
        criterion,
        cast(measured as double) as measured,
        cast(null as varchar) as note
    from highest
    where municipality_code = '{{ var('outlier_municipality') }}'
    union all
    select
        'table_5_1_observations' as criterion,
        measured,
        cast(null as varchar) as note
    from observations
    where distance_rank = 1
    union all
    select
        'table_5_2_members' as criterion,
        cast(sum(case when within_tolerance then 1 else 0 end) as double) as measured,
        cast(null as varchar) as note
    from targets
    where report_item = 'table_5_2_members'
    union all
    select
        'figure_5_1_not_significant_without_169' as criterion,
        p_value as measured,
        cast(null as varchar) as note
    from regressions
    where sample = 'without_outlier' and form = 'linear' and term = 'expenditure_indicator'
    union all
    select
        'section_5_2_' || side || '_inefficiency' as criterion,
        lr_p_value as measured,
        'Half-normal frontier, mixed chi-square; parametric bootstrap: '
        || cast(cast(lr_bootstrap_p_value as decimal(4, 3)) as varchar) || '.' as note
    from frontier_fit
    where distribution = 'half_normal'
    union all
    select
        'section_5_2_efficient_below_one' as criterion,
        cast(sum(case when benchmark_indicator < 1 then 1 else 0 end) as double) as measured,
        'The report prints five.' as note
    from ten_most_cost_efficient
    union all
    select
        'appendix_table_5_1_spells' as criterion,
        cast(measured as double) as measured,
        'Aabenraa and Aalborg, which the print leaves out'
        || case
            when not_compared > 0
                then
                    ', and ' || cast(not_compared as varchar)
                    || ' municipalities withheld here (they would tell of few persons)'
            else ''
        end
        || ', are compared as one: as what the others leave of the total of Table 2.1.' as note
    from all_spells
    union all
    select
        'appendix_table_5_1_success_share' as criterion,
        cast(municipalities_outside as double) as measured,
        'Shares of the printed spells, from the printed numbers of successes'
        || case
            when not_compared > 0
                then
                    '; ' || cast(not_compared as varchar)
                    || ' withheld here (they would tell of few persons), not compared'
            else ''
        end
        || '.' as note
    from success_shares
    union all
    select
        'appendix_table_5_1_mean_success_share' as criterion,
        mean_distance as measured,
        cast(null as varchar) as note
    from success_shares
    union all
    select
        'appendix_table_6_1_coefficients' as criterion,
        percent_within as measured,
        cast(null as varchar) as note
    from coefficients
    union all
    select
        'appendix_table_6_1_standard_errors' as criterion,
        median_ratio as measured,
        cast(null as varchar) as note
    from standard_errors

),

-- a criterion without a measurement is not met; a billionth guards against rounding
final as (

    select
        criteria.criterion,
        criteria.report_item,
        criteria.statement,
        measurements.measured,
        criteria.lower_limit,
        criteria.upper_limit,
        coalesce(
            measurements.measured >= coalesce(criteria.lower_limit, measurements.measured) - 1e-9
            and measurements.measured
            <= coalesce(criteria.upper_limit, measurements.measured) + 1e-9,
            false
        ) as is_met,
        measurements.note
    from criteria
    left join measurements
        on criteria.criterion = measurements.criterion

)

select * from final
order by
    {{ position_in('report_item', criteria_items()) }},
    criterion
