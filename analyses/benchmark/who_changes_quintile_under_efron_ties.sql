-- Who changes quintile under Efron ties?
-- The indicators once more from Cox models that share a week with several successes out by Efron's
-- method instead of Breslow's. Beside the names: how far a rank moves at most, and an indicator, in
-- its own standard errors. Quintiles are as even as possible, the later ones larger, so they are
-- counted from the last rank.
with

indicators as (

    select
        breslow.municipality_name,
        breslow.rank,
        breslow.quintile,
        breslow.standard_error,
        breslow.benchmark_indicator,
        efron.expected_mean_duration_weeks / breslow.observed_mean_duration_weeks as efron_indicator
    from benchmark.benchmark_indicators as breslow
    inner join benchmark.efron_durations as efron
        on breslow.municipality_code = efron.municipality_code

),

ranked as (

    select
        *,
        rank() over (order by efron_indicator desc) as efron_rank,
        6 - ntile(5) over (order by efron_indicator asc) as efron_quintile
    from indicators

)

select
    quintile,
    count(*) as municipalities,
    count(*) filter (where efron_quintile <> quintile) as in_another_under_efron,
    coalesce(
        string_agg(municipality_name || ' (' || efron_quintile || ')', ', ' order by rank)
            filter (where efron_quintile <> quintile),
        'nobody'
    ) as names,
    max(abs(efron_rank - rank)) as largest_move_of_a_rank,
    round(max(abs(efron_indicator - benchmark_indicator) / standard_error), 3)
        as largest_change_in_standard_errors
from ranked
group by quintile
order by quintile
