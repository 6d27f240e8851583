with

benchmark as (

    select * from {{ ref('int_benchmark_indicators') }}

),

-- every municipality counts the same, whatever its number of spells
unlabelled as (

    select
        quintile,
        {{ exact_sum('benchmark_indicator') }} / count(*) as benchmark_indicator,
        {{ exact_sum('observed_mean_duration_weeks') }} / count(*) as observed_mean_duration_weeks,
        {{ exact_sum('expected_mean_duration_weeks') }} / count(*) as expected_mean_duration_weeks
    from benchmark
    group by quintile

),

final as (

    {{ with_report_labels('unlabelled', 'table_3_2') }}

)

select * from final
order by row_position
