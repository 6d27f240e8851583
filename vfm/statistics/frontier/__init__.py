"""Stochastic frontier analysis of a cross-section, by maximum likelihood.

Production: ``y = x b + v - u``; cost: ``y = x b + v + u``; v normal noise, u >= 0 inefficiency with a
half-normal, exponential or truncated-normal law. Written here because no Python package has weights, the
mixed chi-square test and a correct cost side together.

The likelihood has two corners, and both are results rather than failures. ``sigma_u = 0`` (the frontier is
the regression line) is a stationary point of every data set and often the maximum when the residuals are
skewed the wrong way, but not always: so the skewness is reported and never stops the search; the likelihood
is maximised from several starts and then compared with the regression's. ``sigma_v = 0`` (no noise, the
frontier envelops the data) is where the way up can end when there is no maximum with noise; its supremum
solves a quadratic (half-normal) or linear (exponential) programme. That supremum can also lie above a proper
maximum with both sigmas positive. The proper maximum is then the estimate, as in Frontier 4.1, Stata and
LIMDEP, and `noiseless_log_likelihood` tells of the other.

Weights are scaled to sum to the number of observations and multiply the log-likelihood. The sandwich
covariance allows for them; the likelihood-ratio test's law does not, hence the parametric bootstrap beside
it.

Notes
-----
Aigner, Lovell & Schmidt (1977) and Meeusen & van den Broeck (1977), half-normal and exponential; Stevenson
(1980), truncated normal; Jondrow, Lovell, Materov & Schmidt (1982), E[u|e]; Battese & Coelli (1988),
E[exp(-u)|e]; Waldman (1982), wrong skewness; Coelli (1995), the test; Aigner & Chu (1968), the frontier
without noise.
"""

from vfm.statistics.frontier.batches import Batch, bootstrap_p_value, fit_half_normal, simulated_statistics
from vfm.statistics.frontier.laws import (
    DENSITIES,
    DISTRIBUTIONS,
    SIDES,
    conditional_law,
    conditional_means,
    conditional_quantile,
    mixed_chi_square_p,
)
from vfm.statistics.frontier.model import FrontierResult, fit
from vfm.statistics.frontier.tables import (
    MEASURED,
    MODELS,
    TEN_BEST,
    efficiencies_table,
    error_draws,
    fit_table,
    fits,
    frontier_results,
    known_noise_table,
    own_errors,
    parameters_table,
)

__all__ = [
    "DENSITIES",
    "DISTRIBUTIONS",
    "MEASURED",
    "MODELS",
    "SIDES",
    "TEN_BEST",
    "Batch",
    "FrontierResult",
    "bootstrap_p_value",
    "conditional_law",
    "conditional_means",
    "conditional_quantile",
    "efficiencies_table",
    "error_draws",
    "fit",
    "fit_half_normal",
    "fit_table",
    "fits",
    "known_noise_table",
    "mixed_chi_square_p",
    "own_errors",
    "parameters_table",
    "frontier_results",
    "simulated_statistics",
]
