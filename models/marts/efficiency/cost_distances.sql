with

intervals as (

    select * from {{ ref('frontier_intervals') }}

),

draws as (

    select * from {{ ref('int_indicator_draws') }}

),

municipalities as (

    select * from {{ ref('municipalities') }}

),

-- draw 0 holds the estimates
final as (

    select
        intervals.municipality_code,
        municipalities.municipality_name,
        draws.expected_dkk,
        draws.expenditure_indicator,
        intervals.distance_dkk,
        intervals.distance_dkk_low,
        intervals.distance_dkk_high,
        intervals.excess_dkk,
        intervals.excess_dkk_low,
        intervals.excess_dkk_high,
        {{ position_of_interval('intervals.excess_dkk_low', 'intervals.excess_dkk_high', 0) }}
            as position,
        intervals.boundary = 'sigma_u' as is_at_regression
    from intervals
    inner join draws
        on
            intervals.municipality_code = draws.municipality_code
            and draws.draw = 0
    inner join municipalities
        on intervals.municipality_code = municipalities.municipality_code
    where intervals.side = 'cost'

)

select * from final
order by municipality_code
