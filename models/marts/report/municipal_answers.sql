{# Made of published cells alone: nothing here tells more of a person than they do. #}
with

municipalities as (

    select * from {{ ref('observed_durations') }}

),

results as (

    select * from {{ ref('benchmark_indicators') }}

),

expenditure as (

    select * from {{ ref('expenditure_indicators') }}

),

costs as (

    select * from {{ ref('cost_distances') }}

),

corners as (

    select * from {{ ref('efficiency_map') }}

),

peers as (

    select * from {{ ref('municipal_peers') }}

),

years as (

    select * from {{ ref('municipal_expenditure') }}

),

peers_by_municipality as (

    select
        municipality_code,
        cast(count(*) as bigint) as peers,
        cast(sum(case when joint_peer_position = 'above' then 1 else 0 end) as bigint)
            as peers_better,
        cast(sum(case when joint_peer_position = 'below' then 1 else 0 end) as bigint)
            as peers_worse
    from peers
    group by municipality_code

),

swings_by_municipality as (

    select
        municipality_code,
        cast(sum(case when is_swing then 1 else 0 end) as bigint) as expenditure_swings
    from years
    group by municipality_code

),

final as (

    select
        municipalities.municipality_code,
        municipalities.municipality_name,
        results.observed_mean_duration_weeks,
        results.expected_mean_duration_weeks,
        results.absolute_difference_weeks as difference_weeks,
        -- the interval of the ratio, told in weeks: expected / indicator is the observed duration
        results.expected_mean_duration_weeks * (1 - 1 / results.ci_low) as difference_weeks_low,
        results.expected_mean_duration_weeks * (1 - 1 / results.ci_high) as difference_weeks_high,
        results.position as result_position,
        case when results.position <> 'around' then results.rank end as rank,
        case when results.position <> 'around' then results.rank_low end as rank_low,
        case when results.position <> 'around' then results.rank_high end as rank_high,
        costs.expected_dkk,
        costs.expected_dkk * (expenditure.expenditure_indicator - 1) as difference_dkk,
        costs.expected_dkk * (expenditure.ci_low - 1) as difference_dkk_low,
        costs.expected_dkk * (expenditure.ci_high - 1) as difference_dkk_high,
        expenditure.position as cost_position,
        expenditure.uncertainty_reason,
        corners.total_quadrant as corner,
        peers_by_municipality.peers,
        peers_by_municipality.peers_better,
        peers_by_municipality.peers_worse,
        coalesce(swings_by_municipality.expenditure_swings, 0) as expenditure_swings
    from municipalities
    left join results
        on municipalities.municipality_code = results.municipality_code
    left join expenditure
        on municipalities.municipality_code = expenditure.municipality_code
    left join costs
        on municipalities.municipality_code = costs.municipality_code
    left join corners
        on municipalities.municipality_code = corners.municipality_code
    left join peers_by_municipality
        on municipalities.municipality_code = peers_by_municipality.municipality_code
    left join swings_by_municipality
        on municipalities.municipality_code = swings_by_municipality.municipality_code

)

select * from final
order by municipality_code
