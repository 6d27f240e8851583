"""Many frontiers fitted side by side, and the bootstrap of the test of no inefficiency."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from vfm.statistics import batch
from vfm.statistics.arguments import (
    POSITIVE,
    Call,
    Covariates,
    InputError,
    Number,
    Numbers,
    OneOf,
    Result,
    Whole,
    accepts,
)
from vfm.statistics.frontier.laws import DENSITIES, LOG_2PI, SIDES, exponential, half_normal
from vfm.statistics.frontier.model import FrontierResult
from vfm.statistics.frontier.search import NO_NOISE, TIE, Problem

_BATCH = 250  # simulated outcomes maximised side by side


_RESULT = Result(("ols_coefficients", "ols_sigma", "lr_statistic", "weights"), "frontier.fit")


@accepts(result=_RESULT, X=Covariates(), draws=Whole(1), seed=Whole(0))
def bootstrap_p_value(result: FrontierResult, X: ArrayLike, *, draws: int = 199, seed: int = 0) -> float:
    """Parametric-bootstrap p-value of the likelihood-ratio test of no inefficiency.

    Outcomes are drawn around the regression line with its residual standard deviation, and the frontier is
    fitted to each as it was to the data; unlike the mixed chi-square law this allows for the weights and for
    few rows.

    Parameters
    ----------
    result : FrontierResult
        Half-normal or exponential, without known noise.
    X : (n, p) array or DataFrame
        Its regressors.
    draws : int
    seed : int

    Returns
    -------
    float
        (1 + draws with a statistic at least as large) / (1 + draws); 1 where the statistic is 0.

    Raises
    ------
    ValueError
        For the truncated normal law.
    """
    if result.distribution == "truncated_normal":
        raise InputError(
            "result has a truncated normal law: the parametric bootstrap covers "
            "the half-normal and the exponential law"
        )
    n = len(result.weights)
    if len(X) != n:
        raise InputError(f"X has {len(X)} rows and the frontier {n}: give the regressors that were fitted")
    if result.lr_statistic <= 0:
        return 1.0
    design = np.column_stack([np.ones(n), np.asarray(X, float).reshape(n, -1)])
    line = design @ result.ols_coefficients
    noise = np.random.default_rng(seed).standard_normal((draws, n))
    law = DENSITIES[result.distribution]
    larger = 0
    for first in range(0, draws, _BATCH):
        y = line + result.ols_sigma * noise[first : first + _BATCH]
        statistic = simulated_statistics(y.T, design, result.weights, SIDES[result.side], law)
        larger += int((statistic >= result.lr_statistic).sum())
    return (1 + larger) / (1 + draws)


@dataclass
class Batch:
    """Frontiers fitted side by side to the columns of y (n, B); sigmas and residuals in units of y.

    `residuals` and `line_residuals` are those of the frontier and of the regression, positive where the unit
    is better than either; sigma_u = 0 where no maximum with inefficiency beats the regression, sigma_v = 0 at
    the other corner.
    """

    statistic: np.ndarray  # (B,)
    sigma_u: np.ndarray  # (B,)
    sigma_v: np.ndarray  # (B,)
    residuals: np.ndarray  # (n, B)
    line_residuals: np.ndarray  # (n, B)


def _fit_batch(y, X, weights, sign, density):  # long: the closures share the data
    """`Batch` of outcomes y (n, B) with regressors X, shared (n, k) or one set each (B, n, k)."""
    n, count = y.shape
    if X.ndim == 2:
        basis = Problem(y[:, 0], X, weights, np.zeros(n), sign, density).basis
        one = (basis.T @ weights / n)[:, None]  # the constant in the basis

        def curve(beta, active):
            return basis @ beta

        def along(values, active):
            return basis.T @ values
    else:
        root = np.sqrt(weights)[:, None]
        basis = np.linalg.qr(root * X)[0] / root * np.sqrt(n)
        one = np.einsum("bnk,n->kb", basis, weights) / n

        def curve(beta, active):
            return np.einsum("bnk,kb->nb", basis[active], beta)

        def along(values, active):
            return np.einsum("bnk,nb->kb", basis[active], values)

    w, every = weights[:, None], np.arange(count)
    ols = along(w * y, every) / n
    scale = np.sqrt((w * (y - curve(ols, every)) ** 2).sum(axis=0) / n)
    y, ols = y / scale, ols / scale
    k = len(ols)

    def evaluate(theta, active):
        su, sv = np.exp(np.clip(theta[k], -12, 4)), np.exp(np.clip(theta[k + 1], -12, 4))
        with np.errstate(all="ignore"):
            e = sign * (y[:, active] - curve(theta[:k], active))
            ll, by_e, by_su, by_V, _ = density(e, su, sv * sv, 0.0)
            value = (w * ll).sum(axis=0)
            gradient = np.vstack(
                [
                    -sign * along(w * by_e, active),
                    su * (w * by_su).sum(axis=0),
                    2 * sv * sv * (w * by_V).sum(axis=0),
                ]
            )
        fine = np.isfinite(value) & np.isfinite(gradient).all(axis=0)
        return np.where(fine, value, -np.inf), np.where(fine, gradient, 0.0)

    mean, variance = (1.0, 1.0) if density is exponential else (np.sqrt(2 / np.pi), 1 - 2 / np.pi)
    least = np.full(count, -0.5 * n * (LOG_2PI + 1))
    inside, anywhere = least.copy(), least.copy()
    su, sv, beta = np.zeros(count), np.ones(count), ols.copy()
    for ratio in (0.5, 2.0):
        start_v = 1 / np.sqrt(1 + variance * ratio**2)
        start_u = ratio * start_v
        start = np.vstack([ols + sign * mean * start_u * one, np.full((1, count), np.log(start_u))])
        start = np.vstack([start, np.full((1, count), np.log(start_v))])
        theta, value, _ = batch.maximise(evaluate, start, np.eye(k + 2) / n, decrement=1e-7, iterations=80)
        anywhere = np.maximum(anywhere, value)
        better = (theta[k + 1] > np.log(NO_NOISE)) & (value > np.maximum(inside, least + TIE))
        inside = np.where(better, value, inside)
        su, sv = np.where(better, np.exp(theta[k]), su), np.where(better, np.exp(theta[k + 1]), sv)
        beta = np.where(better, theta[:k], beta)
    line = sign * (y - curve(ols, every))
    skewness = (w * line**3).sum(axis=0)
    e = sign * (y - curve(beta, every))
    for j in np.flatnonzero((inside <= least + TIE) & (anywhere > least + TIE) & (skewness < 0)):
        single = Problem(y[:, j], X if X.ndim == 2 else X[j], weights, np.zeros(n), sign, density)
        inside[j], corner, su[j] = single.without_noise()
        su[j], sv[j], e[:, j] = su[j] * single.scale, 0.0, single.residuals(corner) * single.scale
        inside[j] -= n * np.log(single.scale)
    return Batch(2 * (inside - least), su * scale, sv * scale, e * scale, line * scale)


_OUTCOMES = Numbers(dimensions=(2,))


@accepts(y=_OUTCOMES, X=Numbers(dimensions=(3,)), weights=POSITIVE, side=OneOf(tuple(SIDES)))
def fit_half_normal(y: np.ndarray, X: np.ndarray, weights: np.ndarray, side: str) -> Batch:
    """Half-normal frontiers of many data sets at once, each with regressors of its own.

    Parameters
    ----------
    y : (n, B) float array
        One data set a column.
    X : (B, n, k) float array
        Regressors with their constant.
    weights : (n,) float array
        Summing to n.
    side : {'production', 'cost'}

    Returns
    -------
    Batch
        As B calls of `fit`, to the tolerance of the search (1e-7 of the log-likelihood).
    """
    if X.shape[:2] != y.shape[::-1] or len(weights) != len(y):
        raise InputError(
            f"X has shape {X.shape}, y {y.shape} and weights {weights.shape}: give (B, n, k), (n, B) and (n,)"
        )
    parts = [
        _fit_batch(y[:, a : a + _BATCH], X[a : a + _BATCH], weights, SIDES[side], half_normal)
        for a in range(0, y.shape[1], _BATCH)
    ]
    return Batch(
        *(
            np.concatenate([getattr(part, field) for part in parts], axis=-1)
            for field in Batch.__dataclass_fields__
        )
    )


@accepts("y", "X", "weights", y=_OUTCOMES, X=_OUTCOMES, weights=POSITIVE, sign=Number(), density=Call())
def simulated_statistics(
    y: np.ndarray, X: np.ndarray, weights: np.ndarray, sign: float, density: Callable
) -> np.ndarray:
    """Likelihood-ratio statistics (B,) of outcomes y (n, B) that share regressors and weights."""
    return _fit_batch(y, X, weights, sign, density).statistic
