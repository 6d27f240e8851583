{% set domains = intake_domains() %}
with

distances as (

    select * from {{ ref('int_intake_distances') }}

),

pairs as (

    select * from {{ ref('municipal_pairs') }}

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

-- how two compare is said once, in municipal_pairs; the joint interval here is for fewer pairs,
-- those of the peers
compared as (

    select
        ordered.*,
        pairs.municipality_name,
        pairs.other_municipality_name as peer_municipality_name,
        pairs.benchmark_indicator,
        pairs.other_benchmark_indicator as peer_benchmark_indicator,
        pairs.indicator_ratio,
        pairs.log_standard_error,
        pairs.ci_low,
        pairs.ci_high,
        pairs.other_position as peer_position,
        pairs.other_benchmark_indicator / pairs.benchmark_indicator * exp(
            -{{ normal_quantile(0.996875) }} * pairs.log_standard_error
        ) as joint_ci_low,
        pairs.other_benchmark_indicator / pairs.benchmark_indicator * exp(
            {{ normal_quantile(0.996875) }} * pairs.log_standard_error
        ) as joint_ci_high
    from ordered
    inner join pairs
        on
            ordered.municipality_code = pairs.municipality_code
            and ordered.peer_municipality_code = pairs.other_municipality_code
    where ordered.place <= {{ number_of_peers() }}

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
        peer_position,
        case
            when log_standard_error > 0
                then {{ position_of_interval('joint_ci_low', 'joint_ci_high') }}
        end as joint_peer_position
    from compared

)

select * from final
order by
    municipality_code,
    place
