-- The curves of a municipality must agree with the durations of its indicator: a duration lies
-- between the areas under the steps before and after the weeks that are given. The expected curve
-- is given in every week, but known only where the published baseline of both sexes is; between
-- those weeks the baseline is a straight line. A tenth of a week is for the rounding.
with

curves as (

    select * from {{ ref('municipal_curves') }}

),

bands as (

    select * from {{ ref('survival_bands') }}

),

indicators as (

    select * from {{ ref('benchmark_indicators') }}

),

known_weeks as (

    select week
    from bands
    group by week
    having count(survival) = count(*)

),

points as (

    select
        'observed' as curve,
        municipality_code,
        week,
        observed_survival as survival
    from curves
    where observed_survival is not null
    union all
    select
        'expected' as curve,
        curves.municipality_code,
        curves.week,
        curves.expected_survival as survival
    from curves
    inner join known_weeks
        on curves.week = known_weeks.week

),

given as (

    select
        curve,
        municipality_code,
        week,
        survival,
        lead(week) over (partition by curve, municipality_code order by week) as next_week,
        lead(survival) over (partition by curve, municipality_code order by week) as next_survival
    from points

),

-- after the last week that is given a curve falls by the successes of few persons
areas as (

    select
        curve,
        municipality_code,
        sum(
            (coalesce(next_week, {{ var('window_weeks') }}) - week) * coalesce(next_survival, 0)
        ) as least_weeks,
        sum((coalesce(next_week, {{ var('window_weeks') }}) - week) * survival) as most_weeks
    from given
    group by curve, municipality_code

),

durations as (

    select
        'observed' as curve,
        municipality_code,
        observed_mean_duration_weeks as mean_duration_weeks
    from indicators
    union all
    select
        'expected' as curve,
        municipality_code,
        expected_mean_duration_weeks as mean_duration_weeks
    from indicators

),

final as (

    select
        durations.curve,
        durations.municipality_code,
        durations.mean_duration_weeks,
        areas.least_weeks,
        areas.most_weeks
    from durations
    left join areas
        on
            durations.curve = areas.curve
            and durations.municipality_code = areas.municipality_code

)

select * from final
where not coalesce(mean_duration_weeks between least_weeks - 0.1 and most_weeks + 0.1, false)
