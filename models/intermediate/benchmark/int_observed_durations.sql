{% set is_at_risk_at_end = 'duration_weeks >= ' ~ (var('window_weeks') | int) %}
with

survival as (

    select * from {{ ref('int_observed_survival') }}

),

spells as (

    select * from {{ ref('int_spells') }}

),

municipalities as (

    select * from {{ ref('municipalities') }}

),

counts as (

    select
        municipality_code,
        cast(count(*) as bigint) as spells,
        cast(sum(case when is_success then 1 else 0 end) as bigint) as successes,
        cast(count(distinct person_id) as bigint) as persons,
        cast(count(distinct case when is_success then person_id end) as bigint)
            as persons_with_success,
        cast(count(distinct case when not is_success then person_id end) as bigint)
            as persons_without_success,
        {{ weeks_saved() }} as weeks_saved,
        cast(sum(case when {{ is_at_risk_at_end }} then 1 else 0 end) as bigint)
            as spells_at_risk_at_end,
        cast(count(distinct case when {{ is_at_risk_at_end }} then person_id end) as bigint)
            as persons_at_risk_at_end,
        cast(
            count(
                distinct case
                    when not is_success and not {{ is_at_risk_at_end }} then person_id
                end
            ) as bigint
        ) as persons_censored_before_end
    from spells
    group by municipality_code

),

-- the curve is constant within a week: the area on 0..156 is the sum of its values in 0..155
areas as (

    select
        municipality_code,
        week,
        at_risk,
        successes,
        survival,
        sum(survival) over (
            partition by municipality_code
            order by week desc
            rows between unbounded preceding and current row
        ) as area_from_week
    from survival
    where week < {{ var('window_weeks') }}

),

-- Greenwood's variance of the restricted mean (Klein & Moeschberger 2003, 4.5)
restricted_means as (

    select
        municipality_code,
        max(case when week = 0 then area_from_week end) as observed_mean_duration_weeks,
        {{ exact_sum('''
            case
                when successes > 0 and successes < at_risk
                    then area_from_week * area_from_week * successes
                        / (cast(at_risk as double) * (at_risk - successes))
                else 0
            end
        ''') }} as variance
    from areas
    group by municipality_code

),

final as (

    select
        municipalities.municipality_code,
        municipalities.municipality_name,
        coalesce(counts.spells, 0) as spells,
        coalesce(counts.successes, 0) as successes,
        coalesce(counts.persons, 0) as persons,
        coalesce(counts.persons_with_success, 0) as persons_with_success,
        coalesce(counts.persons_without_success, 0) as persons_without_success,
        coalesce(counts.weeks_saved, 0) as weeks_saved,
        coalesce(counts.spells_at_risk_at_end, 0) as spells_at_risk_at_end,
        coalesce(counts.persons_at_risk_at_end, 0) as persons_at_risk_at_end,
        coalesce(counts.persons_censored_before_end, 0) as persons_censored_before_end,
        coalesce(
            {{ is_benchmarked(
                'counts.spells', 'counts.persons_with_success', 'counts.weeks_saved'
            ) }},
            false
        ) as is_benchmarked,
        restricted_means.observed_mean_duration_weeks,
        sqrt(restricted_means.variance) as standard_error
    from municipalities
    left join counts
        on municipalities.municipality_code = counts.municipality_code
    left join restricted_means
        on counts.municipality_code = restricted_means.municipality_code

)

select * from final
order by municipality_code
