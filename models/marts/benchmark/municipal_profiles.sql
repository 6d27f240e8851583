with

indicators as (

    select * from {{ ref('int_benchmark_indicators') }}

),

funnel as (

    select * from {{ ref('funnel_limits') }}

),

shrunken as (

    select * from {{ ref('shrunken_indicators') }}

),

rank_sets as (

    select * from {{ ref('rank_sets') }}

),

final as (

    select
        indicators.municipality_code,
        indicators.municipality_name,
        indicators.spells,
        indicators.benchmark_indicator,
        indicators.ci_low,
        indicators.ci_high,
        indicators.position,
        indicators.position_fdr,
        funnel.position as funnel_position,
        funnel.adjusted_position as funnel_position_adjusted,
        shrunken.reliability,
        shrunken.shrunken_indicator,
        shrunken.ci_low as shrunken_ci_low,
        shrunken.ci_high as shrunken_ci_high,
        shrunken.shrunken_rank,
        indicators.rank,
        rank_sets.marginal_rank_low,
        rank_sets.marginal_rank_high,
        rank_sets.rank_low,
        rank_sets.rank_high,
        rank_sets.simultaneous_rank_low,
        rank_sets.simultaneous_rank_high
    from indicators
    left join funnel
        on indicators.municipality_code = funnel.municipality_code
    left join shrunken
        on indicators.municipality_code = shrunken.municipality_code
    left join rank_sets
        on indicators.municipality_code = rank_sets.municipality_code

)

select * from final
order by municipality_code
