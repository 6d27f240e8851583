"""Many frontiers fitted side by side, and the bootstrap of the test of no inefficiency."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from vfm.statistics import batch
from vfm.statistics.arguments import (
    ANY,
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
from vfm.statistics.frontier.laws import (
    DENSITIES,
    LOG_2PI,
    SIDES,
    exponential,
    half_normal,
    normal,
    truncated_normal,
)
from vfm.statistics.frontier.model import FrontierResult
from vfm.statistics.frontier.search import MU_RANGE, NO_NOISE, TIE, Problem

_BATCH = 250  # simulated outcomes maximised side by side


_RESULT = Result(("ols_coefficients", "ols_sigma", "lr_statistic", "weights"), "frontier.fit")


@accepts(
    result=_RESULT,
    X=Covariates(),
    noise_standard_error=replace(POSITIVE, optional=True),
    noise_draws=replace(ANY, dimensions=(2,), optional=True),
    draws=Whole(1),
    seed=Whole(0),
)
def bootstrap_p_value(  # long: every argument is refused by name before anything is drawn
    result: FrontierResult,
    X: ArrayLike,
    *,
    noise_standard_error: ArrayLike | None = None,
    noise_draws: ArrayLike | None = None,
    draws: int = 199,
    seed: int = 0,
) -> float:
    """Parametric-bootstrap p-value of the likelihood-ratio test of no inefficiency.

    Outcomes are drawn around the regression line with its residual standard deviation and the known noise,
    and the frontier is fitted to each as it was to the data; unlike the mixed chi-square law this allows for
    the weights and for few rows. Where draws of the noise itself are given, they take the place of normal
    ones: an expenditure indicator errs more upwards than downwards, which a normal law takes for
    inefficiency.

    Parameters
    ----------
    result : FrontierResult
        The truncated normal only with known noise.
    X : (n, p) array or DataFrame
        Its regressors.
    noise_standard_error : (n,) array, optional
        Its known noise, above 0 in every row.
    noise_draws : (m, n) array, optional
        Draws of that noise for all rows at once, which keep its law and its dependence between rows; their
        mean is taken off, and m of any size is drawn from with replacement.
    draws : int
    seed : int

    Returns
    -------
    float
        (1 + draws with a statistic at least as large) / (1 + draws); 1 where the statistic is 0.

    Raises
    ------
    ValueError
        For the truncated normal law without known noise, whose corner would be sought in every draw; for
        draws of a noise whose standard error is not given, or that cover other rows.
    """
    noise = noise_standard_error
    if result.distribution == "truncated_normal" and noise is None:
        raise InputError(
            "result has a truncated normal law: without known noise the parametric bootstrap covers "
            "the half-normal and the exponential law"
        )
    n = len(result.weights)
    for name, given in (("X", X), ("noise_standard_error", noise)):
        if given is not None and len(given) != n:
            raise InputError(f"{name} has {len(given)} rows and the frontier {n}: give what was fitted")
    if noise_draws is not None:
        noise_draws = np.asarray(noise_draws, float)
        if noise is None or noise_draws.shape[1] != n or not len(noise_draws):
            raise InputError(
                f"noise_draws must have a column for each of the frontier's {n} rows, and "
                f"noise_standard_error with it: it has {noise_draws.shape[1]} columns"
            )
    if result.lr_statistic <= 0:
        return 1.0
    design = np.column_stack([np.ones(n), np.asarray(X, float).reshape(n, -1)])
    line = design @ result.ols_coefficients
    rng = np.random.default_rng(seed)
    drawn = rng.standard_normal((draws, n))
    if noise_draws is not None:
        around = noise_draws - noise_draws.mean(axis=0)
        drawn = result.ols_sigma * drawn + around[rng.integers(len(around), size=draws)]
    else:
        drawn *= result.ols_sigma if noise is None else np.sqrt(result.ols_sigma**2 + noise**2)
    law = DENSITIES[result.distribution]
    larger = 0
    for first in range(0, draws, _BATCH):
        y = line + drawn[first : first + _BATCH]
        many = _fit_batch(y.T, design, result.weights, SIDES[result.side], law, noise)
        larger += int((many.statistic >= result.lr_statistic).sum())
    return (1 + larger) / (1 + draws)


@dataclass
class Batch:
    """Frontiers fitted side by side to the columns of y (n, B); sigmas and residuals in units of y.

    `residuals` and `line_residuals` are those of the frontier and of the regression, positive where the unit
    is better than either; sigma_u = 0 where no maximum with inefficiency beats the regression, sigma_v = 0 at
    the other corner. `tau` is mu / sigma_u, 0 but for the truncated normal.
    """

    statistic: np.ndarray  # (B,)
    sigma_u: np.ndarray  # (B,)
    sigma_v: np.ndarray  # (B,)
    tau: np.ndarray  # (B,)
    residuals: np.ndarray  # (n, B)
    line_residuals: np.ndarray  # (n, B)


class _Problems:
    """Many problems of one law in units that suit the optimiser: the batch's form of `search.Problem`.

    y (n, B); regressors X, shared (n, k) or one set each (B, n, k); known noise (n,), above 0, or None.
    """

    def __init__(self, y, X, weights, noise, sign, density):
        self.n, self.count = y.shape
        self.w, self.sign, self.density = weights[:, None], sign, density
        self.extra = density is truncated_normal
        root = np.sqrt(weights)[:, None]
        self.shared = X.ndim == 2
        self.basis = np.linalg.qr(root * X)[0] / root * np.sqrt(self.n)
        every = np.arange(self.count)
        self.k = X.shape[-1]
        self.one = self.along(np.broadcast_to(self.w, y.shape), every) / self.n  # the constant in the basis
        ols = self.along(self.w * y, every) / self.n
        self.scale = np.sqrt((self.w * (y - self.curve(ols, every)) ** 2).sum(axis=0) / self.n)
        self.y, self.ols = y / self.scale, ols / self.scale
        self.is_known = noise is not None
        self.noise2 = np.zeros((1, self.count)) if noise is None else (noise[:, None] / self.scale) ** 2

    def curve(self, beta, active):
        if self.shared:
            return self.basis @ beta
        return np.einsum("bnk,kb->nb", self.basis[active], beta)

    def along(self, values, active):
        if self.shared:
            return self.basis.T @ values
        return np.einsum("bnk,nb->kb", self.basis[active], values)

    def residuals(self, beta):
        """(n, B) y less the curve, times the sign of the side."""
        return self.sign * (self.y - self.curve(beta, np.arange(self.count)))

    def evaluate(self, theta, active):
        """Log-likelihoods and gradients; theta = beta, log sigma_u, log sigma_v[, mu / sigma_u]."""
        k = self.k
        su, sv = np.exp(np.clip(theta[k], -12, 4)), np.exp(np.clip(theta[k + 1], -12, 4))
        tau = np.clip(theta[k + 2], *MU_RANGE) if self.extra else 0.0
        with np.errstate(all="ignore"):
            e = self.sign * (self.y[:, active] - self.curve(theta[:k], active))
            ll, by_e, by_su, by_V, by_tau = self.density(e, su, sv * sv + self.noise2[:, active], tau)
            rows = [
                -self.sign * self.along(self.w * by_e, active),
                (su * (self.w * by_su).sum(axis=0))[None],
                (2 * sv * sv * (self.w * by_V).sum(axis=0))[None],
            ]
            if self.extra:
                inside = (theta[k + 2] > MU_RANGE[0]) & (theta[k + 2] < MU_RANGE[1])
                rows.append((inside * (self.w * by_tau).sum(axis=0))[None])
            return _finite((self.w * ll).sum(axis=0), np.vstack(rows))

    def evaluate_line(self, theta, active):
        """The same without inefficiency; theta = beta, log sigma_v."""
        sv = np.exp(np.clip(theta[self.k], -12, 4))
        with np.errstate(all="ignore"):
            e = self.sign * (self.y[:, active] - self.curve(theta[: self.k], active))
            ll, by_e, _, by_V, _ = normal(e, 0.0, sv * sv + self.noise2[:, active], 0.0)
            slope = (2 * sv * sv * (self.w * by_V).sum(axis=0))[None]
            return _finite(
                (self.w * ll).sum(axis=0), np.vstack([-self.sign * self.along(self.w * by_e, active), slope])
            )

    def without_inefficiency(self):
        """Log-likelihood, beta and sigma_v with sigma_u = 0: least squares where no noise is known."""
        if not self.is_known:
            value = np.full(self.count, -0.5 * self.n * (LOG_2PI + 1))
            return value, self.ols, np.ones(self.count)
        left = np.sqrt(np.maximum(1 - (self.w * self.noise2).sum(axis=0) / self.n, 0.05))
        start = np.vstack([self.ols, np.log(left)[None]])
        theta, value, _ = batch.maximise(
            self.evaluate_line, start, np.eye(self.k + 1) / self.n, decrement=1e-9, iterations=80
        )
        beta, sv = theta[: self.k], np.exp(np.clip(theta[self.k], -12, 4))
        # the way to sigma_v = 0 is endless in its logarithm; weighted least squares is there
        weight = self.w / self.noise2
        basis = np.broadcast_to(self.basis, (self.count, self.n, self.k))
        inner = np.einsum("bni,nb,bnj->bij", basis, weight, basis)
        known = np.linalg.solve(inner, np.einsum("bni,nb->bi", basis, weight * self.y)[..., None])[..., 0].T
        end = np.vstack([known, np.full((1, self.count), -30.0)])
        highest, _ = self.evaluate_line(end, np.arange(self.count))
        at_end = highest > value
        return np.where(at_end, highest, value), np.where(at_end, known, beta), np.where(at_end, 0.0, sv)

    def starts(self):
        """Two fixed ratios of the sigmas, for the truncated normal each with two means."""
        mean, variance = (1.0, 1.0) if self.density is exponential else (np.sqrt(2 / np.pi), 1 - 2 / np.pi)
        for ratio in (0.5, 2.0):
            sv = 1 / np.sqrt(1 + variance * ratio**2)
            su = ratio * sv
            start = [self.ols + self.sign * mean * su * self.one]
            start += [np.full((1, self.count), np.log(value)) for value in (su, sv)]
            if not self.extra:
                yield np.vstack(start)
                continue
            yield np.vstack([*start, np.zeros((1, self.count))])
            for tau, wider in ((-2.0, 2.0), (-8.0, 6.5)):  # the same mean inefficiency, with longer tails
                tail = [start[0], start[1] + np.log(wider), start[2]]
                yield np.vstack([*tail, np.full((1, self.count), tau)])


def _finite(value, gradient):
    """A value that cannot be computed is a step too far."""
    fine = np.isfinite(value) & np.isfinite(gradient).all(axis=0)
    return np.where(fine, value, -np.inf), np.where(fine, gradient, 0.0)


def _fit_batch(y, X, weights, sign, density, noise=None):
    """`Batch` of outcomes y (n, B); see `_Problems` for the arguments."""
    problems = _Problems(y, X, weights, noise, sign, density)
    n, k, scale = problems.n, problems.k, problems.scale
    least, beta, sv = problems.without_inefficiency()
    line = problems.residuals(beta)
    inside, anywhere = least.copy(), least.copy()
    su, tau = np.zeros(problems.count), np.zeros(problems.count)
    for start in problems.starts():
        theta, value, _ = batch.maximise(
            problems.evaluate, start, np.eye(len(start)) / n, decrement=1e-7, iterations=80
        )
        anywhere = np.maximum(anywhere, value)
        better = value > np.maximum(inside, least + TIE)
        if not problems.is_known:
            better &= theta[k + 1] > np.log(NO_NOISE)
        inside = np.where(better, value, inside)
        sigmas = np.exp(np.clip(theta[k : k + 2], -12, 4))
        su, sv = np.where(better, sigmas[0], su), np.where(better, sigmas[1], sv)
        beta = np.where(better, theta[:k], beta)
        if problems.extra:
            tau = np.where(better, np.clip(theta[k + 2], *MU_RANGE), tau)
    e = problems.residuals(beta)
    skewness = (problems.w * problems.residuals(problems.ols) ** 3).sum(axis=0)
    to_corner = (inside <= least + TIE) & (anywhere > least + TIE) & (skewness < 0)
    for j in np.flatnonzero(to_corner):  # never with known noise, which accepts every maximum
        own = X if X.ndim == 2 else X[j]
        single = Problem(problems.y[:, j], own, weights, np.zeros(n), sign, density)
        corner = single.without_noise()
        inside[j] = corner.value - n * np.log(single.scale)
        su[j], sv[j], tau[j] = corner.sigma_u * single.scale, 0.0, corner.tau
        e[:, j] = single.residuals(corner.beta) * single.scale
    if problems.is_known:  # the search drives a sigma_v towards 0 that would be 0
        sv = np.where((su > 0) & (sv < NO_NOISE), 0.0, sv)
    return Batch(2 * (inside - least), su * scale, sv * scale, tau, e * scale, line * scale)


_OUTCOMES = Numbers(dimensions=(2,))


@accepts(
    y=_OUTCOMES,
    X=Numbers(dimensions=(3,)),
    weights=POSITIVE,
    side=OneOf(tuple(SIDES)),
    noise_standard_error=replace(POSITIVE, optional=True),
)
def fit_half_normal(
    y: np.ndarray,
    X: np.ndarray,
    weights: np.ndarray,
    side: str,
    noise_standard_error: np.ndarray | None = None,
) -> Batch:
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
    noise_standard_error : (n,) float array, optional
        Known noise of every data set, above 0.

    Returns
    -------
    Batch
        As B calls of `fit`, to the tolerance of the search (1e-7 of the log-likelihood).
    """
    noise = noise_standard_error
    if noise is not None and len(noise) != len(y):
        raise InputError(f"noise_standard_error has {len(noise)} rows and y {len(y)}: give one value a row")
    if X.shape[:2] != y.shape[::-1] or len(weights) != len(y):
        raise InputError(
            f"X has shape {X.shape}, y {y.shape} and weights {weights.shape}: give (B, n, k), (n, B) and (n,)"
        )
    parts = [
        _fit_batch(y[:, a : a + _BATCH], X[a : a + _BATCH], weights, SIDES[side], half_normal, noise)
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
