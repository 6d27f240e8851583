with

table_3_2 as (

    select * from {{ ref('table_3_2') }}

),

table_4_2 as (

    select * from {{ ref('table_4_2') }}

),

table_4_3 as (

    select * from {{ ref('table_4_3') }}

),

supplementary_comparison as (

    select * from {{ ref('supplementary_comparison') }}

),

figure_5_4 as (

    select * from {{ ref('figure_5_4') }}

),

fifths as (

    select
        max(case when quintile = 1 then observed_mean_duration_weeks end) as most_successful_weeks,
        max(case when quintile = 5 then observed_mean_duration_weeks end) as least_successful_weeks
    from table_3_2

),

unlabelled as (

    select
        'months_between_fifths' as result,
        (least_successful_weeks - most_successful_weeks) * 7 * 12 / 365.25 as value
    from fifths
    union all
    select
        'percent_between_fifths' as result,
        100 * (1 - most_successful_weeks / least_successful_weeks) as value
    from fifths
    union all
    select
        'programme_expenditure_' || cast(year as varchar) as result,
        {{ exact_sum('million_dkk') }} as value
    from table_4_2
    group by year
    union all
    select
        'mean_expenditure_all_years' as result,
        {{ exact_sum('mean_dkk') }} / count(*) as value
    from table_4_3
    union all
    select
        'supplementary_r_squared' as result,
        cost_need_r_squared as value
    from supplementary_comparison
    where grouping_set = 'supplementary'
    union all
    select
        'supplementary_share' as result,
        share_of_programme_expenditure as value
    from supplementary_comparison
    where grouping_set = 'supplementary'
    union all
    select
        'cost_efficient_below_one' as result,
        cast(sum(case when benchmark_indicator < 1 then 1 else 0 end) as double) as value
    from figure_5_4
    where report_rank <= 10

),

final as (

    {{ with_report_labels('unlabelled', 'further_results') }}

)

select * from final
order by row_position
