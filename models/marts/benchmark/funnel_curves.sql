with

limits as (

    select * from {{ ref('funnel_limits') }}

),

dispersion as (

    select * from {{ ref('indicator_dispersion') }}

),

steps as (

    {{ dbt.generate_series(101) }}

),

ends as (

    select
        min(precision) as lowest,
        max(precision) as highest
    from limits
    having count(*) > 0

),

-- 100 equal steps from the least to the most precise municipality
grid as (

    select
        cast(steps.generated_number as integer) as point,
        ends.lowest
        + (ends.highest - ends.lowest) * (steps.generated_number - 1) / 100.0 as precision
    from ends
    cross join steps

),

spreads as (

    select
        grid.point,
        grid.precision,
        1 / grid.precision as log_standard_error,
        sqrt(1 / (grid.precision * grid.precision) + dispersion.funnel_tau_squared) as log_spread
    from grid
    cross join dispersion

),

final as (

    select
        point,
        precision,
        log_standard_error,
        {{ funnel_limit('log_standard_error', 0.975, 'low') }} as limit_95_low,
        {{ funnel_limit('log_standard_error', 0.975, 'high') }} as limit_95_high,
        {{ funnel_limit('log_standard_error', 0.999, 'low') }} as limit_998_low,
        {{ funnel_limit('log_standard_error', 0.999, 'high') }} as limit_998_high,
        {{ funnel_limit('log_spread', 0.975, 'low') }} as adjusted_limit_95_low,
        {{ funnel_limit('log_spread', 0.975, 'high') }} as adjusted_limit_95_high,
        {{ funnel_limit('log_spread', 0.999, 'low') }} as adjusted_limit_998_low,
        {{ funnel_limit('log_spread', 0.999, 'high') }} as adjusted_limit_998_high
    from spreads

)

select * from final
order by point
