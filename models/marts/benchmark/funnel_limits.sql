with

indicators as (

    select * from {{ ref('int_benchmark_indicators') }}

),

dispersion as (

    select * from {{ ref('indicator_dispersion') }}

),

-- a municipality without a standard error has no place in a funnel
errors as (

    select
        municipality_code,
        municipality_name,
        spells,
        benchmark_indicator,
        ln(benchmark_indicator) as log_indicator,
        standard_error / benchmark_indicator as log_standard_error
    from indicators
    where standard_error > 0

),

spreads as (

    select
        errors.*,
        sqrt(errors.log_standard_error * errors.log_standard_error + dispersion.funnel_tau_squared)
            as log_spread
    from errors
    cross join dispersion

),

limits as (

    select
        *,
        {{ funnel_limit_columns() }}
    from spreads

),

placed as (

    select
        municipality_code,
        municipality_name,
        spells,
        benchmark_indicator,
        log_standard_error,
        1 / log_standard_error as precision,
        limit_95_low,
        limit_95_high,
        limit_998_low,
        limit_998_high,
        adjusted_limit_95_low,
        adjusted_limit_95_high,
        adjusted_limit_998_low,
        adjusted_limit_998_high,
        log_indicator / log_standard_error as z,
        log_indicator / log_spread as adjusted_z,
        {{ funnel_position('benchmark_indicator', 'limit_95', 'limit_998') }} as position,
        {{ funnel_position('benchmark_indicator', 'adjusted_limit_95', 'adjusted_limit_998') }}
            as adjusted_position
    from limits

),

final as (

    select
        placed.*,
        placed.position as funnel_position,
        placed.adjusted_position as funnel_position_adjusted
    from placed

)

select * from final
order by municipality_code
