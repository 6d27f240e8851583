with

indicators as (

    select * from {{ ref('int_benchmark_indicators') }}

),

rank_sets as (

    select * from {{ ref('rank_sets') }}

),

final as (

    select
        indicators.municipality_code,
        indicators.municipality_name,
        indicators.spells,
        indicators.observed_mean_duration_weeks,
        indicators.expected_mean_duration_weeks,
        indicators.benchmark_indicator,
        -- of the rounded durations: an exact difference would give their digits back
        {{ released('indicators.expected_mean_duration_weeks', '2 decimals') }}
        - {{ released('indicators.observed_mean_duration_weeks', '2 decimals') }}
            as absolute_difference_weeks,
        indicators.quintile,
        indicators.standard_error,
        indicators.ci_low,
        indicators.ci_high,
        indicators.p_value,
        indicators.p_value_fdr,
        indicators.position,
        indicators.position_fdr,
        indicators.rank,
        rank_sets.marginal_rank_low as rank_low,
        rank_sets.marginal_rank_high as rank_high
    from indicators
    left join rank_sets
        on indicators.municipality_code = rank_sets.municipality_code

)

select * from final
order by rank
