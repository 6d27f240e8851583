with

indicators as (

    select * from {{ ref('int_benchmark_indicators') }}

),

covariances as (

    select * from {{ ref('int_indicator_covariance') }}

),

groups as (

    select * from {{ ref('int_group_members') }}

),

-- sums of published cells tell no more than the cells
members as (

    select
        groups.kind,
        groups.group_name,
        indicators.municipality_code,
        indicators.spells,
        indicators.standard_error is not null as has_error,
        {{ released('indicators.observed_mean_duration_weeks', '2 decimals') }} as observed_weeks,
        {{ released('indicators.expected_mean_duration_weeks', '2 decimals') }} as expected_weeks
    from indicators
    inner join groups
        on indicators.municipality_code = groups.municipality_code

),

sums as (

    select
        kind,
        group_name,
        cast(count(*) as bigint) as municipalities,
        cast(sum(spells) as bigint) as spells,
        {{ exact_sum('spells * observed_weeks') }} as observed_weeks,
        {{ exact_sum('spells * expected_weeks') }} as expected_weeks,
        min(case when has_error then 1 else 0 end) = 1 as has_error
    from members
    group by kind, group_name

),

-- the indicator is the mean of its municipalities' indicators, weighted by their observed weeks;
-- its variance has every pair of them, since their errors go together
variances as (

    select
        own.kind,
        own.group_name,
        {{ exact_sum('''
            own.spells * own.observed_weeks
            * other.spells * other.observed_weeks
            * covariances.covariance
        ''') }} as summed_covariance
    from members as own
    inner join members as other
        on
            own.kind = other.kind
            and own.group_name = other.group_name
    inner join covariances
        on
            own.municipality_code = covariances.municipality_code
            and other.municipality_code = covariances.other_municipality_code
    group by own.kind, own.group_name

),

uncertain as (

    select
        sums.kind,
        sums.group_name,
        sums.municipalities,
        sums.spells,
        sums.observed_weeks / sums.spells as observed_mean_duration_weeks,
        sums.expected_weeks / sums.spells as expected_mean_duration_weeks,
        {{ released('sums.expected_weeks / sums.observed_weeks', '3 decimals') }}
            as benchmark_indicator,
        case
            when sums.has_error
                then sqrt(greatest(0, variances.summed_covariance)) / sums.observed_weeks
        end as exact_standard_error
    from sums
    left join variances
        on
            sums.kind = variances.kind
            and sums.group_name = variances.group_name

),

rounded as (

    select
        *,
        {{ released('exact_standard_error', '4 decimals') }} as standard_error
    from uncertain

),

intervals as (

    select
        *,
        benchmark_indicator * exp(
            -{{ normal_quantile(0.975) }} * standard_error / benchmark_indicator
        ) as ci_low,
        benchmark_indicator * exp(
            {{ normal_quantile(0.975) }} * standard_error / benchmark_indicator
        ) as ci_high
    from rounded

),

final as (

    select
        cast(kind as varchar) as kind,
        cast(group_name as varchar) as group_name,
        municipalities,
        spells,
        observed_mean_duration_weeks,
        expected_mean_duration_weeks,
        benchmark_indicator,
        standard_error,
        ci_low,
        ci_high,
        case when standard_error > 0 then {{ position_of_interval('ci_low', 'ci_high') }} end
            as position
    from intervals

)

select * from final
order by
    {{ position_in('kind', ['country', 'region', 'province']) }},
    group_name
