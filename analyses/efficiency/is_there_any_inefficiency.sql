-- Is there any inefficiency to find, and does the answer hang on its assumed distribution?
-- The test asks whether the frontier fits better than a regression. A p-value that is not small
-- means that the data show none. 'sigma_u' as boundary says the same: the frontier is the
-- regression line.
select
    side,
    distribution,
    round(mean_efficiency, 2) as mean_efficiency,
    round(lr_p_value, 4) as p_value,
    boundary,
    converged
from efficiency.frontier_fit
order by
    side,
    distribution
