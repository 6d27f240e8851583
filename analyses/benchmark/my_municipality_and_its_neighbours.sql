-- Is my municipality better or worse than its neighbours?
-- Neighbours are those whose tiles touch on the tile map (report.figure_3_1), which is not always
-- a common border; one outside the benchmark has no row. Two indicators share the Cox models, so
-- the error of their difference needs their covariance. A z beyond 1.96 either way is a difference
-- at 5 %, for one pair looked at alone.
with

mine as (

    select
        map.municipality_code,
        map.tile_column,
        map.tile_row,
        benchmark.benchmark_indicator,
        benchmark.standard_error
    from report.figure_3_1 as map
    inner join benchmark.benchmark_indicators as benchmark
        on map.municipality_code = benchmark.municipality_code
    where map.municipality_name = 'Odense'  -- put yours here

),

neighbours as (

    select map.municipality_code
    from report.figure_3_1 as map
    inner join mine
        on
            abs(map.tile_column - mine.tile_column) <= 1
            and abs(map.tile_row - mine.tile_row) <= 1

)

select
    their.municipality_name,
    their.spells,
    round(their.benchmark_indicator, 2) as indicator,
    round(their.ci_low, 2) as interval_from,
    round(their.ci_high, 2) as interval_to,
    their.position,
    case
        when their.municipality_code = mine.municipality_code then 'mine'
        else printf(
            '%+.1f',
            (their.benchmark_indicator - mine.benchmark_indicator)
            / sqrt(
                pow(their.standard_error, 2) + pow(mine.standard_error, 2) - 2 * pairs.covariance
            )
        )
    end as z_of_difference
from neighbours
inner join benchmark.benchmark_indicators as their
    on neighbours.municipality_code = their.municipality_code
cross join mine
inner join benchmark.indicator_covariance as pairs
    on
        their.municipality_code = pairs.municipality_code
        and mine.municipality_code = pairs.other_municipality_code
order by their.benchmark_indicator desc
