-- Who changes quintile when small municipalities are drawn towards the middle?
-- A small municipality gets an extreme indicator by chance more easily than a large one. The
-- shrunken indicator allows for that: reliability is the part of the distance from the middle that
-- is kept. Quintiles are as even as possible, the later ones larger, so they are counted from the
-- last rank.
with

quintiles as (

    select
        profiles.municipality_name,
        profiles.spells,
        profiles.benchmark_indicator,
        profiles.shrunken_indicator,
        profiles.reliability,
        profiles.rank,
        indicators.quintile,
        6 - ntile(5) over (order by profiles.shrunken_rank desc) as shrunken_quintile
    from benchmark.municipal_profiles as profiles
    inner join benchmark.benchmark_indicators as indicators
        on profiles.municipality_code = indicators.municipality_code

)

select
    municipality_name,
    spells,
    round(benchmark_indicator, 3) as indicator,
    round(shrunken_indicator, 3) as shrunken_indicator,
    round(reliability, 2) as reliability,
    quintile,
    shrunken_quintile
from quintiles
where quintile <> shrunken_quintile
order by rank
