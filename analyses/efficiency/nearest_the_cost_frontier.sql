-- Which municipalities are nearest the cost frontier, and how sure is that?
-- Inefficiency is expenditure above the frontier, in points of the expenditure indicator. The
-- interval holds the uncertainty of both indicators and of the frontier, and so do the ranks and
-- the chance of being among the ten best. Where no inefficiency or no noise could be found
-- (boundary), nobody has a rank of their own, and without inefficiency there is no row.
select
    names.municipality_name,
    intervals.boundary,
    intervals.rank_low as rank_from,
    intervals.rank_high as rank_to,
    round(intervals.inefficiency, 3) as inefficiency,
    round(intervals.joint_low, 3) as interval_from,
    round(intervals.joint_high, 3) as interval_to,
    round(intervals.probability_among_ten_best, 2) as chance_of_ten_best
from efficiency.frontier_intervals as intervals
inner join efficiency.efficiency_map as names
    on intervals.municipality_code = names.municipality_code
where
    intervals.side = 'cost'
    and intervals.inefficiency is not null
order by intervals.inefficiency
limit 10
