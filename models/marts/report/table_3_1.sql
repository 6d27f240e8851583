with

benchmark as (

    select * from {{ ref('int_benchmark_indicators') }}

),

durations as (

    select
        'observed_duration' as quantity,
        municipality_code,
        observed_mean_duration_weeks as weeks
    from benchmark
    union all
    select
        'unexplained_duration' as quantity,
        municipality_code,
        observed_mean_duration_weeks - expected_mean_duration_weeks as weeks
    from benchmark

),

means as (

    select
        quantity,
        cast(count(*) as bigint) as municipalities,
        {{ exact_sum('weeks') }} / count(*) as mean_weeks
    from durations
    group by quantity

),

squares as (

    select
        durations.quantity,
        {{ exact_sum('power(durations.weeks - means.mean_weeks, 2)') }} as sum_of_squares
    from durations
    inner join means
        on durations.quantity = means.quantity
    group by durations.quantity

),

-- the print's 17.7 is the sample's deviation, its 309.0 the population's variance
variations as (

    select
        means.quantity,
        means.mean_weeks,
        sqrt(squares.sum_of_squares / (means.municipalities - 1)) as standard_deviation,
        squares.sum_of_squares / means.municipalities as variance
    from means
    inner join squares
        on means.quantity = squares.quantity

),

observed as (

    select variance as observed_variance from variations
    where quantity = 'observed_duration'

),

unlabelled as (

    select
        variations.quantity,
        variations.mean_weeks,
        variations.standard_deviation,
        variations.variance,
        case
            when variations.quantity = 'unexplained_duration'
                then 100 * (1 - variations.variance / observed.observed_variance)
        end as variance_reduction_percent
    from variations
    cross join observed

),

final as (

    {{ with_report_labels('unlabelled', 'table_3_1') }}

)

select * from final
order by row_position
