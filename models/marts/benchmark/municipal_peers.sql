{% set domains = intake_domains() %}
with

distances as (

    select * from {{ ref('int_intake_distances') }}

),

indicators as (

    select * from {{ ref('int_benchmark_indicators') }}

),

covariances as (

    select * from {{ ref('int_indicator_covariance') }}

),

ordered as (

    select
        *,
        cast(row_number() over (
            partition by municipality_code
            order by distance asc, peer_municipality_code asc
        ) as integer) as place,
        {% for domain in domains %}
        {{ domain }}_squared {{ "+" if not loop.last }}
        {% endfor %}
            as squared,
        100.0 * (rank() over (order by distance asc) - 1) / count(*) over ()
            as pairs_closer_percent
    from distances

),

-- the log ratio of two indicators, and its error from the covariances of both
compared as (

    select
        ordered.*,
        own.municipality_name,
        other.municipality_name as peer_municipality_name,
        {{ released('own.benchmark_indicator', '3 decimals') }} as benchmark_indicator,
        {{ released('other.benchmark_indicator', '3 decimals') }} as peer_benchmark_indicator,
        sqrt(greatest(
            0,
            power(own.standard_error / own.benchmark_indicator, 2)
            + power(other.standard_error / other.benchmark_indicator, 2)
            - 2 * covariances.covariance / (own.benchmark_indicator * other.benchmark_indicator)
        )) as exact_log_standard_error
    from ordered
    inner join indicators as own
        on ordered.municipality_code = own.municipality_code
    inner join indicators as other
        on ordered.peer_municipality_code = other.municipality_code
    left join covariances
        on
            ordered.municipality_code = covariances.municipality_code
            and ordered.peer_municipality_code = covariances.other_municipality_code
    where ordered.place <= {{ number_of_peers() }}

),

-- what is made from a number that is given roundly is made from the round one
rounded as (

    select
        *,
        {{ released('exact_log_standard_error', '3 significant digits') }} as log_standard_error,
        peer_benchmark_indicator / benchmark_indicator as indicator_ratio
    from compared

),

intervals as (

    select
        *,
        indicator_ratio * exp(-{{ normal_quantile(0.975) }} * log_standard_error) as ci_low,
        indicator_ratio * exp({{ normal_quantile(0.975) }} * log_standard_error) as ci_high,
        indicator_ratio * exp(-{{ normal_quantile(0.996875) }} * log_standard_error)
            as joint_ci_low,
        indicator_ratio * exp({{ normal_quantile(0.996875) }} * log_standard_error)
            as joint_ci_high
    from rounded

),

final as (

    select
        municipality_code,
        municipality_name,
        place,
        peer_municipality_code,
        peer_municipality_name,
        distance,
        pairs_closer_percent,
        {% for domain in domains %}
        100 * {{ domain }}_squared / nullif(squared, 0) as {{ domain }}_percent,
        {% endfor %}
        benchmark_indicator,
        peer_benchmark_indicator,
        indicator_ratio,
        log_standard_error,
        ci_low,
        ci_high,
        joint_ci_low,
        joint_ci_high,
        case
            when log_standard_error > 0
                then {{ position_of_interval('ci_low', 'ci_high') }}
        end as peer_position,
        case
            when log_standard_error > 0
                then {{ position_of_interval('joint_ci_low', 'joint_ci_high') }}
        end as joint_peer_position
    from intervals

)

select * from final
order by
    municipality_code,
    place
