-- Does spending more go with better results?
-- The slope of the benchmark indicator on the expenditure indicator (Figure 5.1), with and without
-- Høje-Taastrup (169). The interval carries the error of both indicators. The report weights by
-- spells; 'precision' by how surely each municipality is known. 'errors_in_variables' also corrects
-- the slope for the error in expenditure. An interval that holds 0 does not rule out that there is
-- no relation.
select
    sample,
    weights,
    estimator,
    round(coefficient, 3) as slope,
    round(ci_low, 3) as interval_from,
    round(ci_high, 3) as interval_to,
    round(p_value, 3) as p_value,
    municipalities
from efficiency.indicator_regressions_joint
where
    form = 'linear'
    and term = 'expenditure_indicator'
order by
    sample asc,
    weights asc,
    estimator desc
