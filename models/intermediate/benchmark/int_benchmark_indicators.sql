with

observed as (

    select * from {{ ref('int_observed_durations') }}

),

expected as (

    select * from {{ ref('int_expected_means') }}

),

uncertainty as (

    select * from {{ ref('int_indicator_uncertainty') }}

),

indicators as (

    select
        observed.municipality_code,
        observed.municipality_name,
        observed.spells,
        observed.observed_mean_duration_weeks,
        expected.expected_mean_duration_weeks,
        expected.expected_mean_duration_weeks / observed.observed_mean_duration_weeks
            as benchmark_indicator,
        expected.expected_mean_duration_weeks - observed.observed_mean_duration_weeks
            as absolute_difference_weeks
    from observed
    inner join expected
        on observed.municipality_code = expected.municipality_code

),

-- rank 1 is the most successful
ranked as (

    select
        *,
        cast(row_number() over ranking as integer) as rank,
        cast(count(*) over () as integer) as municipalities
    from indicators
    window ranking as (order by benchmark_indicator desc, municipality_code asc)

),

final as (

    select
        ranked.municipality_code,
        ranked.municipality_name,
        ranked.spells,
        ranked.observed_mean_duration_weeks,
        ranked.expected_mean_duration_weeks,
        ranked.benchmark_indicator,
        ranked.absolute_difference_weeks,
        {{ quintile('ranked.rank', 'ranked.municipalities') }} as quintile,
        uncertainty.standard_error,
        uncertainty.ci_low,
        uncertainty.ci_high,
        uncertainty.p_value,
        uncertainty.p_value_fdr,
        case
            when uncertainty.ci_low is not null
                then {{ position_of_interval('uncertainty.ci_low', 'uncertainty.ci_high') }}
        end as position,
        -- of the municipalities called above or below, 5 % are expected to be called so by chance
        case
            when uncertainty.p_value_fdr is null then null
            when uncertainty.p_value_fdr >= 0.05 then 'around'
            when ranked.benchmark_indicator > 1 then 'above'
            else 'below'
        end as position_fdr,
        ranked.rank
    from ranked
    left join uncertainty
        on ranked.municipality_code = uncertainty.municipality_code

)

select * from final
order by rank
