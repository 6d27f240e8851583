-- Who is probably in the best fifth, and may be among the ten most cost-efficient?
-- Both are probabilities: of the true rank given the estimates, and over draws of the
-- inefficiency on the cost frontier. The ten municipalities with the highest chance of the
-- first fifth.
select
    chances.municipality_name,
    round(100 * chances.probability) as chance_of_the_first_fifth_percent,
    round(100 * frontier.probability_among_ten_best) as chance_of_the_ten_best_percent,
    frontier.rank_low as cost_rank_from,
    frontier.rank_high as cost_rank_to,
    places.region
from benchmark.quintile_probabilities as chances
inner join meta.municipalities as places
    on chances.municipality_code = places.municipality_code
left join efficiency.frontier_intervals as frontier
    on
        chances.municipality_code = frontier.municipality_code
        and frontier.side = 'cost'
where chances.quintile = 1
order by chances.probability desc, chances.municipality_name asc
limit 10
