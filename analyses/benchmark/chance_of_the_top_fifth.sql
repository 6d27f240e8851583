-- Which municipalities have the best chance of being in the most successful fifth?
-- The chance is how often the true indicator, given the estimate and its error, ranks in that
-- quintile.
select
    indicators.municipality_name,
    indicators.quintile as quintile_now,
    round(chances.probability, 2) as chance_of_top_fifth
from benchmark.quintile_probabilities as chances
inner join benchmark.benchmark_indicators as indicators
    on chances.municipality_code = indicators.municipality_code
where
    chances.quintile = 1
    and chances.probability >= 0.25
order by
    chances.probability desc,
    indicators.rank asc
