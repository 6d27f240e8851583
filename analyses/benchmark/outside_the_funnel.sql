-- Who lies outside the funnel even when municipalities are allowed to differ a little?
-- The adjusted limits add the ordinary spread between municipalities (over-dispersion) to the
-- sampling error.
select
    municipality_name,
    spells,
    round(benchmark_indicator, 2) as indicator,
    round(adjusted_limit_95_low, 2) as limit_from,
    round(adjusted_limit_95_high, 2) as limit_to,
    adjusted_position
from benchmark.funnel_limits
where adjusted_position <> 'within'
order by benchmark_indicator desc
