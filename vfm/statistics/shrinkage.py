"""What the true indicators may be, once it is known how much municipalities differ at all.

An estimate that lies far out lies there partly by chance. Both functions allow for that, on the logarithm of
the benchmark indicator, with the spread between municipalities estimated from their own indicators.

Notes
-----
Yu & Hoff (2018, Biometrika 105:319) for intervals that borrow from the others and hold for each municipality.
Gelman (2006, Bayesian Analysis 1:515) for the flat prior of the standard deviation between municipalities.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import special
from scipy.optimize import elementwise

from vfm.statistics import comparing
from vfm.statistics.arguments import ANY, POSITIVE, InputError, Labels, Number, Numbers, Table, Whole, accepts
from vfm.statistics.frames import typed

_SPREADS = 400  # points of the grid on which the spread between municipalities is drawn
_WIDEST = 5.0  # its upper end, in standard deviations of the estimates
_BOUND = 700.0  # of a log odds: exp of more is no number

_INTERVALS = {"municipality_code": object, "ci_low": float, "ci_high": float}
_PROBABILITIES = {"municipality_code": object, "quintile": "int64", "probability": float}
_INDICATORS = {"municipality_code": Labels(), "indicator": POSITIVE}
_ERRORS = {"log_standard_error": Numbers("not negative, or missing", minimum=0, gaps=True)}
_LEVEL = Number(0, 1)


def _mean_and_variance_of_the_others(y, s):
    """Precision-weighted mean and variance between units, (n,) each, from all units but the one."""
    from statsmodels.stats.meta_analysis import combine_effects  # slow to import

    mean, variance = np.empty_like(y), np.empty_like(y)
    for j in range(len(y)):
        others = np.arange(len(y)) != j
        variance[j] = max(combine_effects(y[others], s[others] ** 2, method_re="iterated").tau2, 0.0)
        w = 1 / (s[others] ** 2 + variance[j])
        mean[j] = w @ y[others] / w.sum()
    return mean, variance


@accepts("estimates", "standard_errors", estimates=ANY, standard_errors=POSITIVE, level=_LEVEL)
def adaptive_intervals(
    estimates: np.ndarray, standard_errors: np.ndarray, *, level: float = 0.95
) -> tuple[np.ndarray, np.ndarray]:
    """Intervals that are drawn towards the mean and still hold for each unit, whatever its true value.

    Parameters
    ----------
    estimates, standard_errors : (n,) float arrays
        Normal estimates and their known standard errors.
    level : float
        Coverage of each interval.

    Returns
    -------
    low, high : (n,) float arrays

    Raises
    ------
    InputError
        Fewer than 3 units: nobody is left to say how much the others differ.

    Notes
    -----
    Yu & Hoff (2018). A value theta is in the interval of y if a test of it at ``alpha = 1 - level`` does not
    reject y; the test puts the share w of alpha below and 1 - w above. Any w depending on theta alone keeps
    the level. With a normal law of the true values (mean m, variance t^2) the shortest intervals on average
    have ``w = g^-1(2 s (theta - m) / t^2)``, ``g(w) = z(alpha w) - z(alpha (1 - w))``. m and t^2 are those of
    the other units, so that they do not depend on y. With t^2 = 0 an interval reaches from y to m at least.

    Empirical-Bayes intervals are narrower and hold on average over units only: those of units far from the
    mean hold much less, also in the robust form of Armstrong, Kolesar & Plagborg-Moller (2022).
    """
    y, s = estimates, standard_errors
    if len(y) < 3:
        raise InputError(f"estimates has {len(y)} rows: to learn from the others takes at least 3 units")
    mean, variance = _mean_and_variance_of_the_others(y, s)
    log_alpha = np.log1p(-level)
    known = (y, s, mean, variance)

    def quantile(log_odds):  # z(alpha w), w given by its log odds
        return special.ndtri_exp(log_alpha + special.log_expit(log_odds))

    def value(log_odds, _, s, mean, variance):  # the theta whose test has this w
        return mean + (quantile(log_odds) - quantile(-log_odds)) * variance / (2 * s)

    def end(side):
        """The theta at the edge of whose test y lies; where the spread is all but 0 the test is one-sided."""

        def from_the_edge(log_odds, y, s, mean, variance):
            return value(log_odds, y, s, mean, variance) + side * s * quantile(side * log_odds) - y

        low, high = np.full_like(y, -_BOUND), np.full_like(y, _BOUND)
        crosses = (from_the_edge(low, *known) < 0) & (from_the_edge(high, *known) > 0)
        root = elementwise.find_root(from_the_edge, (low, high), args=known).x
        return np.where(crosses, value(root, *known), y + side * s * special.ndtri(level))

    return end(-1), end(1)


@accepts(indicators=Table(_INDICATORS | _ERRORS, key=("municipality_code",)), level=_LEVEL)
def intervals_table(indicators: pd.DataFrame, level: float = 0.95) -> pd.DataFrame:
    """Rows of intermediate.int_shrunken_intervals, one per municipality with a standard error.

    Parameters
    ----------
    indicators : DataFrame
        intermediate.int_indicator_uncertainty: municipality_code, indicator, log_standard_error.
    level : float

    Returns
    -------
    DataFrame
        municipality_code, ci_low and ci_high of the indicator (`adaptive_intervals` of its logarithm). With
        fewer than 3 municipalities the ends are missing.
    """
    data = indicators[indicators["log_standard_error"] > 0].sort_values("municipality_code", kind="stable")
    low = high = np.full(len(data), np.nan)
    if len(data) > 2:
        low, high = adaptive_intervals(
            np.log(data["indicator"].to_numpy(float)), data["log_standard_error"].to_numpy(float), level=level
        )
    row = {"municipality_code": data["municipality_code"], "ci_low": np.exp(low), "ci_high": np.exp(high)}
    return typed([row], _INTERVALS)


@accepts(
    "estimates",
    "covariance",
    estimates=ANY,
    covariance=Numbers(dimensions=(2,)),
    draws=Whole(1),
    seed=Whole(0),
)
def posterior_draws(
    estimates: np.ndarray, covariance: np.ndarray, *, draws: int = 4999, seed: int = 0
) -> np.ndarray:
    """Draws of the true values given the estimates, the true values being normal around a common mean.

    Parameters
    ----------
    estimates : (p,) float array
    covariance : (p, p) float array
        Of their errors.
    draws, seed : int

    Returns
    -------
    (draws, p) float array

    Notes
    -----
    ``estimates ~ N(theta, V)``, ``theta ~ N(m, t^2)``, m and t with flat priors (Gelman 2006). With the
    eigenvectors of V all sums are over p numbers: t is drawn from its marginal posterior on a grid, then m
    given t, then theta given both, so that the draws allow for what is not known of either.
    """
    y, V = estimates, covariance
    comparing.symmetric_root(V)  # refuses what is no covariance
    variances, vectors = np.linalg.eigh((V + V.T) / 2)
    variances = np.maximum(variances, 0.0)
    ones, z = vectors.sum(axis=0), y @ vectors
    scale = max(y.std(), np.sqrt(variances.max()), 1e-12)
    spread = (np.arange(_SPREADS) + 0.5) * (_WIDEST * scale / _SPREADS)
    precision = 1 / (variances + spread[:, None] ** 2)
    information = (precision * ones**2).sum(axis=1)
    mean = (precision * ones * z).sum(axis=1) / information
    likelihood = 0.5 * (
        np.log(precision).sum(axis=1)
        - np.log(information)
        - (precision * (z - mean[:, None] * ones) ** 2).sum(axis=1)
    )
    rng = np.random.default_rng(seed)
    at = rng.choice(_SPREADS, draws, p=special.softmax(likelihood))
    around = (mean[at] + rng.standard_normal(draws) / np.sqrt(information[at]))[:, None] * ones
    kept = 1 - variances * precision[at]
    theta = around + kept * (z - around)
    theta += np.sqrt(kept * variances) * rng.standard_normal((draws, len(y)))
    return theta @ vectors.T


@accepts(
    indicators=Table(_INDICATORS, key=("municipality_code",)),
    covariances=comparing.COVARIANCES,
    draws=Whole(1),
    seed=Whole(0),
)
def quintile_probabilities(
    indicators: pd.DataFrame, covariances: pd.DataFrame, draws: int = 4999, seed: int = 0
) -> pd.DataFrame:
    """Rows of benchmark.quintile_probabilities: in which fifth each true indicator may lie.

    Parameters
    ----------
    indicators : DataFrame
        intermediate.int_indicator_uncertainty: municipality_code, indicator.
    covariances : DataFrame
        intermediate.int_indicator_covariance.
    draws, seed
        See `posterior_draws`.

    Returns
    -------
    DataFrame
        municipality_code, quintile 1..5 (five rows for each municipality) and probability: the share of the
        draws in which the true indicator ranks in that fifth.

    Notes
    -----
    Shares of bootstrap replicates would claim too much: replicates scatter around estimates that already lie
    too far out.
    """
    data = indicators.sort_values("municipality_code", kind="stable").reset_index(drop=True)
    p = len(data)
    if not p:
        return typed([], _PROBABILITIES)
    value, V = (
        data["indicator"].to_numpy(float),
        comparing.covariance_matrix(data["municipality_code"], covariances),
    )
    theta = posterior_draws(np.log(value), V / np.outer(value, value), draws=draws, seed=seed)
    quintile = comparing.quintiles(comparing.ranks(theta), p)
    share = np.stack([(quintile == q).mean(axis=0) for q in range(1, 6)], axis=1)
    row = {
        "municipality_code": np.repeat(data["municipality_code"].to_numpy(), 5),
        "quintile": np.tile(np.arange(1, 6), p),
        "probability": share.ravel(),
    }
    return typed([row], _PROBABILITIES)
