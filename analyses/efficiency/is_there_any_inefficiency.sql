-- Is there any inefficiency to find, and does the answer hang on its assumed distribution?
-- The test asks whether the frontier fits better than a regression, given the indicators' own
-- errors. A p-value that is not small means that the data show none. 'sigma_u' as boundary says
-- the same: the frontier is the regression line. The report's test, which takes the number of
-- spells as weights, finds inefficiency too often where there is none (docs/statistics.md).
select
    fits.side,
    fits.distribution,
    round(max(known.lr_bootstrap_p_value), 3) as p_value,
    max(known.boundary) as boundary,
    round(max(fits.lr_p_value), 4) as report_p_value,
    max(fits.boundary) as report_boundary
from efficiency.frontier_fit as fits
inner join efficiency.frontier_known_noise as known
    on
        fits.side = known.side
        and fits.distribution = known.distribution
group by
    fits.side,
    fits.distribution
order by
    fits.side,
    fits.distribution
