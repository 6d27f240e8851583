-- Do small municipalities do better or worse than large ones?
-- By inhabitants in 2014. The mean is one of indicators, each weighing alike; small places
-- have wide intervals, so they stand apart less often whatever they do.
with

sized as (

    select
        results.benchmark_indicator,
        results.position_fdr,
        case
            when places.population_2014 < 30000 then '1: under 30,000'
            when places.population_2014 < 60000 then '2: 30,000 to 60,000'
            when places.population_2014 < 100000 then '3: 60,000 to 100,000'
            else '4: 100,000 and more'
        end as inhabitants
    from benchmark.benchmark_indicators as results
    inner join meta.municipalities as places
        on results.municipality_code = places.municipality_code

)

select
    inhabitants,
    count(*) as municipalities,
    round(avg(benchmark_indicator), 3) as mean_indicator,
    count(*) filter (where position_fdr = 'above') as better,
    count(*) filter (where position_fdr = 'below') as worse
from sized
group by inhabitants
order by inhabitants
