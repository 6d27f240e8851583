"""Kaplan-Meier curves on whole weeks, the area under them and its uncertainty.

Notes
-----
Kaplan & Meier (1958); Klein & Moeschberger (2003), sections 4.2 and 4.5, for the restricted mean and its
Greenwood variance; report, appendix 3. The curve is right-continuous and constant within a week, so the area
on 0..horizon is the sum of S(0), ..., S(horizon - 1). Where the last row is censored before the horizon the
curve stays at its last value.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from vfm.statistics.arguments import WEEKS, WEIGHTS, WINDOW, InputError, Numbers, Truth, accepts

_CHUNK = 1024  # linear predictors at a time
_LARGEST = np.finfo(float).max
_accepts_spells = accepts(
    "duration", "event", "weights", duration=WEEKS, event=Truth(), horizon=WINDOW, weights=WEIGHTS
)


def _counts(duration, event, horizon, weights):
    """Deaths and rows at risk in weeks 0..horizon, (horizon + 1,) each."""
    week = np.minimum(duration.astype(np.int64), horizon + 1)
    weights = np.ones(len(week)) if weights is None else weights
    if not weights.any():
        raise InputError("weights are 0 in every row: give at least one row a weight")
    ended = np.bincount(week, weights, horizon + 2)
    deaths = np.bincount(week, weights * event, horizon + 2)
    at_risk = np.cumsum(ended[::-1])[::-1]
    return deaths[: horizon + 1], at_risk[: horizon + 1]


def _share(deaths, at_risk):
    return np.divide(deaths, at_risk, out=np.zeros_like(deaths), where=at_risk > 0)


@_accepts_spells
def survival(
    duration: ArrayLike, event: ArrayLike, *, horizon: int = 156, weights: ArrayLike | None = None
) -> np.ndarray:
    """Kaplan-Meier survival at the end of each week.

    Parameters
    ----------
    duration : (n,) int array
        Weeks, at least 1.
    event : (n,) bool array
    horizon : int
        Last week of the curve.
    weights : (n,) float array, optional
        Case weights.

    Returns
    -------
    (horizon + 1,) float array
        S(0) = 1, S(1), ..., S(horizon).

    Raises
    ------
    ValueError
        No rows, lengths that differ, durations that are no whole weeks, weights below 0 or all 0.
    """
    deaths, at_risk = _counts(duration, event, horizon, weights)
    return np.cumprod(1 - _share(deaths, at_risk))


@accepts(survival=Numbers("in [0, 1]", minimum=0, maximum=1), horizon=WINDOW)
def restricted_mean(survival: np.ndarray, horizon: int) -> float:
    """Area under a weekly survival curve.

    Parameters
    ----------
    survival : (weeks + 1,) float array
        S(0) = 1, S(1), ...; right-continuous, constant within a week.
    horizon : int
        Upper limit of the area, in weeks.

    Returns
    -------
    float
        Restricted mean in weeks.

    Raises
    ------
    ValueError
        If `survival` rises, leaves [0, 1] or is shorter than the horizon.
    """
    if len(survival) < horizon:
        raise InputError(f"a curve of {survival.size} weeks has no area up to week {horizon}")
    if rises := np.count_nonzero(np.diff(survival) > 0):
        raise InputError(f"a survival curve lies in [0, 1] and never rises; this rises in {rises} weeks")
    return float(survival[:horizon].sum())


def _remaining_area(curve):
    """Area from each week k to the horizon, (horizon + 1,): A_k = S(k) + ... + S(horizon - 1)."""
    return np.append(np.cumsum(curve[:-1][::-1])[::-1], 0.0)


@_accepts_spells
def restricted_mean_variance(
    duration: ArrayLike, event: ArrayLike, *, horizon: int = 156, weights: ArrayLike | None = None
) -> float:
    """Greenwood variance of the restricted mean, in weeks squared.

    ``sum over weeks k of A_k^2 d_k / (n_k (n_k - d_k))`` with A_k the area from week k on; a week in which
    everybody at risk has the event adds nothing, as no area follows. Parameters and errors as `survival`.
    """
    deaths, at_risk = _counts(duration, event, horizon, weights)
    area = _remaining_area(np.cumprod(1 - _share(deaths, at_risk)))
    left = at_risk * (at_risk - deaths)
    return float(
        np.sum(np.divide(area**2 * deaths, left, out=np.zeros_like(area), where=(left > 0) & (deaths > 0)))
    )


@_accepts_spells
def influence(
    duration: ArrayLike, event: ArrayLike, *, horizon: int = 156, weights: ArrayLike | None = None
) -> np.ndarray:
    """Derivative of the restricted mean by each row's weight (infinitesimal jackknife), (n,) weeks.

    The squares add up to the Greenwood variance. Parameters and errors as `survival`.
    """
    deaths, at_risk = _counts(duration, event, horizon, weights)
    area = _remaining_area(np.cumprod(1 - _share(deaths, at_risk)))
    left = at_risk - deaths
    jump = np.divide(area, left, out=np.zeros_like(area), where=left > 0)
    drift = np.cumsum(jump * _share(deaths, at_risk))
    week = np.minimum(duration.astype(np.int64), horizon + 1)
    died = event & (week <= horizon)
    return drift[np.minimum(week, horizon)] - np.where(died, jump[np.minimum(week, horizon)], 0.0)


@accepts(
    linear_predictor=Numbers("below infinity", infinite=True, maximum=_LARGEST, empty=True),
    hazard=Numbers("not negative", infinite=True, minimum=0, empty=True),
)
def expected_durations(linear_predictor: np.ndarray, hazard: np.ndarray) -> np.ndarray:
    """Area under S0(t)^exp(x b) on 0..horizon.

    Parameters
    ----------
    linear_predictor : (n,) float array
        x b; -inf for a spell whose hazard is 0.
    hazard : (horizon,) float array
        Baseline cumulative hazard -log S0 at weeks 0..horizon - 1 (0 at week 0; may be infinite).

    Returns
    -------
    (n,) float array
        Expected duration in weeks.
    """
    out = np.empty(len(linear_predictor))
    e = np.exp(linear_predictor)
    infinite = np.isinf(hazard)
    finite = hazard[~infinite]
    for a in range(0, len(e), _CHUNK):
        part = e[a : a + _CHUNK]
        out[a : a + _CHUNK] = np.exp(-part[:, None] * finite).sum(axis=1) + infinite.sum() * (part == 0)
    return out
