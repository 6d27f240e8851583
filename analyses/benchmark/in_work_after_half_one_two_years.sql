-- What share is in work after 26, 52 and 104 weeks, and what share has left?
-- Aalen-Johansen: who leaves (death, emigration, an excluded state) is not counted as a later job.
-- A week in which fewer persons than the disclosure limit left since the last week given is
-- withheld; the last week given before it stands here instead, so that a share is a little low.
select
    cause,
    sex,
    round(100 * max_by(incidence, week) filter (where week <= 26), 1) as percent_by_week_26,
    round(100 * max_by(incidence, week) filter (where week <= 52), 1) as percent_by_week_52,
    round(100 * max_by(incidence, week) filter (where week <= 104), 1) as percent_by_week_104,
    round(100 * max_by(incidence, week) filter (where week <= 156), 1) as percent_by_week_156
from benchmark.cumulative_incidence
where incidence is not null
group by
    cause,
    sex
order by
    cause,
    sex
