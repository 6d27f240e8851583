-- The curves of a municipality must agree with the durations of its indicator. The observed
-- duration lies between the areas under the steps before and after the published weeks. The
-- expected duration is the area, except for three decimals and for the published baseline's lines
-- over withheld weeks.
with

curves as (

    select * from {{ ref('municipal_curves') }}

),

indicators as (

    select * from {{ ref('benchmark_indicators') }}

),

given as (

    select
        municipality_code,
        week,
        observed_survival,
        lead(week) over (partition by municipality_code order by week) as next_week,
        lead(observed_survival) over (partition by municipality_code order by week) as next_survival
    from curves
    where observed_survival is not null

),

-- after the last published week the curve falls by the successes of few persons
observed as (

    select
        municipality_code,
        sum(
            (coalesce(next_week, {{ var('window_weeks') }}) - week) * coalesce(next_survival, 0)
        ) as least_weeks,
        sum(
            (coalesce(next_week, {{ var('window_weeks') }}) - week) * observed_survival
        ) as most_weeks
    from given
    group by municipality_code

),

expected as (

    select
        municipality_code,
        sum(expected_survival) as weeks
    from curves
    where week < {{ var('window_weeks') }}
    group by municipality_code

),

final as (

    select
        indicators.municipality_code,
        indicators.observed_mean_duration_weeks,
        observed.least_weeks,
        observed.most_weeks,
        indicators.expected_mean_duration_weeks,
        expected.weeks as expected_weeks
    from indicators
    left join observed
        on indicators.municipality_code = observed.municipality_code
    left join expected
        on indicators.municipality_code = expected.municipality_code

)

select * from final
where not coalesce(
    observed_mean_duration_weeks between least_weeks - 0.1 and most_weeks + 0.1
    and abs(expected_mean_duration_weeks - expected_weeks) < 0.1,
    false
)
