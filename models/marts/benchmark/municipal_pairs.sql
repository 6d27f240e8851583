with

indicators as (

    select * from {{ ref('int_benchmark_indicators') }}

),

covariances as (

    select * from {{ ref('int_indicator_covariance') }}

),

-- the log ratio of two indicators, and its error from the covariances of both
compared as (

    select
        own.municipality_code,
        own.municipality_name,
        other.municipality_code as other_municipality_code,
        other.municipality_name as other_municipality_name,
        {{ released('own.benchmark_indicator', '3 decimals') }} as benchmark_indicator,
        {{ released('other.benchmark_indicator', '3 decimals') }} as other_benchmark_indicator,
        sqrt(greatest(
            0,
            power(own.standard_error / own.benchmark_indicator, 2)
            + power(other.standard_error / other.benchmark_indicator, 2)
            - 2 * covariances.covariance / (own.benchmark_indicator * other.benchmark_indicator)
        )) as exact_log_standard_error
    from indicators as own
    inner join indicators as other
        on own.municipality_code <> other.municipality_code
    left join covariances
        on
            own.municipality_code = covariances.municipality_code
            and other.municipality_code = covariances.other_municipality_code

),

-- what is made from a number that is given roundly is made from the round one
rounded as (

    select
        *,
        {{ released('exact_log_standard_error', '3 significant digits') }} as log_standard_error,
        other_benchmark_indicator / benchmark_indicator as indicator_ratio
    from compared

),

intervals as (

    select
        *,
        indicator_ratio * exp(-{{ normal_quantile(0.975) }} * log_standard_error) as ci_low,
        indicator_ratio * exp({{ normal_quantile(0.975) }} * log_standard_error) as ci_high,
        -- {{ compared_at_most() }} municipalities are 15 pairs
        indicator_ratio * exp(-{{ normal_quantile(0.998333) }} * log_standard_error)
            as joint_ci_low,
        indicator_ratio * exp({{ normal_quantile(0.998333) }} * log_standard_error)
            as joint_ci_high
    from rounded

),

final as (

    select
        municipality_code,
        municipality_name,
        other_municipality_code,
        other_municipality_name,
        benchmark_indicator,
        other_benchmark_indicator,
        indicator_ratio,
        log_standard_error,
        ci_low,
        ci_high,
        joint_ci_low,
        joint_ci_high,
        case
            when log_standard_error > 0
                then {{ position_of_interval('ci_low', 'ci_high') }}
        end as other_position,
        case
            when log_standard_error > 0
                then {{ position_of_interval('joint_ci_low', 'joint_ci_high') }}
        end as joint_other_position
    from intervals

)

select * from final
order by
    municipality_code,
    other_municipality_code
