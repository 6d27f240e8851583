with

indicators as (

    select * from {{ ref('int_benchmark_indicators') }}

),

dispersion as (

    select * from {{ ref('indicator_dispersion') }}

),

intervals as (

    select * from {{ ref('int_shrunken_intervals') }}

),

errors as (

    select
        municipality_code,
        benchmark_indicator,
        ln(benchmark_indicator) as log_indicator,
        power(standard_error / benchmark_indicator, 2) as log_variance
    from indicators
    where standard_error > 0

),

-- how much of the variation around the mean is real at this municipality's precision
reliabilities as (

    select
        errors.municipality_code,
        errors.benchmark_indicator,
        errors.log_variance,
        errors.log_indicator - dispersion.mean_log_indicator as deviation,
        errors.log_variance + dispersion.tau_squared as total_variance,
        dispersion.tau_squared / (errors.log_variance + dispersion.tau_squared) as reliability,
        dispersion.mean_log_indicator,
        dispersion.mean_log_standard_error,
        dispersion.tau_squared_standard_error
    from errors
    cross join dispersion

),

-- chance at a known mean and variance, the error of the mean, and the error of the variance
shrunken as (

    select
        municipality_code,
        benchmark_indicator,
        reliability,
        mean_log_indicator + reliability * deviation as log_shrunken,
        sqrt(
            reliability * log_variance
            + power((1 - reliability) * mean_log_standard_error, 2)
            + power((1 - reliability) / total_variance * deviation * tau_squared_standard_error, 2)
        ) as log_standard_error
    from reliabilities

),

unnamed as (

    select
        shrunken.municipality_code,
        shrunken.benchmark_indicator,
        shrunken.reliability,
        exp(shrunken.log_shrunken) as shrunken_indicator,
        shrunken.log_standard_error,
        intervals.ci_low,
        intervals.ci_high,
        intervals.ci_low as shrunken_ci_low,
        intervals.ci_high as shrunken_ci_high,
        cast(
            row_number() over (
                order by shrunken.log_shrunken desc, shrunken.municipality_code asc
            ) as integer
        ) as shrunken_rank
    from shrunken
    left join intervals
        on shrunken.municipality_code = intervals.municipality_code

),

final as (

    {{ with_municipality_names('unnamed') }}

)

select * from final
order by municipality_code
