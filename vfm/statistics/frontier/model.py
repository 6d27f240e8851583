"""A stochastic frontier: its fit and its result."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import linalg, special

from vfm.statistics.arguments import ANY, NOT_NEGATIVE, POSITIVE, Covariates, InputError, OneOf, accepts
from vfm.statistics.frontier.laws import (
    DENSITIES,
    DISTRIBUTIONS,
    SIDES,
    conditional_means,
    mixed_chi_square_p,
    normal,
)
from vfm.statistics.frontier.search import MU_RANGE, TIE, Problem, search


@dataclass
class FrontierResult:
    """A fitted frontier; rows in the order of the input, terms: constant first, then the columns of X.

    Attributes
    ----------
    terms : list of str
    coefficients, standard_errors, robust_standard_errors, p_values : (1 + p,) float arrays
        Of the frontier; standard errors from the observed information and from the sandwich, p from the
        former.
    sigma_u, sigma_v : float
        Scale of the inefficiency's law (for the exponential its mean) and standard deviation of the noise,
        units of y.
    mu : float
        Mean of the normal before truncation at 0; 0 for the half-normal, nan for the exponential law.
    standard_errors_sigma : dict
        Standard errors of sigma_u, sigma_v and mu; nan for a parameter on its boundary.
    lambda_, gamma : float
        sigma_u / sigma_v and sigma_u^2 / (sigma_u^2 + sigma_v^2).
    log_likelihood, ols_log_likelihood : float
        At the maximum, and with sigma_u = 0.
    noiseless_log_likelihood : float
        Supremum as sigma_v falls to 0; it may lie above `log_likelihood` (see the module). nan with known
        noise, and for a truncated normal that did not end there.
    lr_statistic, lr_p_value : float
        Twice their difference, and its mixed chi-square p: 1/2 chi2(0) + 1/2 chi2(1), for the truncated
        normal 1/2 chi2(1) + 1/2 chi2(2) (Kodde & Palm's upper bound; mu has no value without inefficiency).
    frontier, residuals, inefficiency, efficiency, level_efficiency : (n,) float arrays
        x b; y - x b; E[u|e] in units of y; E[exp(-u)|e], an efficiency where y is a logarithm; and, where y
        is in levels, 1 - E[u|e] / frontier.
    rank : (n,) int array
        1 = most efficient by `efficiency`; where that ties (at a corner all are 1), by the residual.
    wrong_skewness : bool
        Least-squares residuals skewed against the model (for production: not to the left).
    boundary : str
        '', 'sigma_u' (no inefficiency: the frontier is the regression line), 'sigma_v' (no noise) or 'mu'
        (the truncated normal has run to its exponential limit).
    converged : bool
        Whether the gradient vanishes (or the maximum is an exact corner).
    """

    side: str
    distribution: str
    terms: list
    coefficients: np.ndarray
    standard_errors: np.ndarray
    robust_standard_errors: np.ndarray
    p_values: np.ndarray
    sigma_u: float
    sigma_v: float
    mu: float
    standard_errors_sigma: dict
    lambda_: float
    gamma: float
    log_likelihood: float
    ols_log_likelihood: float
    noiseless_log_likelihood: float
    ols_coefficients: np.ndarray
    ols_sigma: float
    lr_statistic: float
    lr_p_value: float
    frontier: np.ndarray
    residuals: np.ndarray
    inefficiency: np.ndarray
    efficiency: np.ndarray
    level_efficiency: np.ndarray
    rank: np.ndarray
    wrong_skewness: bool
    boundary: str
    converged: bool
    weights: np.ndarray


def _list(names, which):
    return ", ".join(name for name, w in zip(names, which, strict=True) if w)


def _checked(y, X, weights, noise):
    n = len(y)
    names = [str(c) for c in X.columns] if isinstance(X, pd.DataFrame) else None
    X = np.asarray(X, float)
    if X.ndim == 1:
        X = X[:, None] if X.size else X.reshape(n, 0)
    if X.ndim != 2:
        raise InputError(
            f"X must be a matrix or a frame, not of shape {X.shape}: give one column a regressor"
        )
    names = ["constant", *(names or [f"x{j + 1}" for j in range(X.shape[1])])]
    X = np.column_stack([np.ones(n), X])
    weights = np.ones(n) if weights is None else weights
    noise = np.zeros(n) if noise is None else noise
    k = X.shape[1]
    if n <= k + 2:
        raise InputError(
            f"y and X have {n} rows; a frontier with {k} coefficients needs more than {k + 2} rows"
        )
    _refuse_collinear(X, names)
    return y, X, names, weights * (n / weights.sum()), noise


def _refuse_collinear(X, names):
    """Refuse regressors that are constant beside the first column, or combinations of each other."""
    largest = np.abs(X).max(axis=0)
    constant = np.ptp(X, axis=0) <= 1e-13 * largest
    constant[0] = False
    if constant.any():
        raise InputError(
            f"X is constant in column {_list(names, constant)}, and a frontier has a constant of its own"
        )
    if np.linalg.matrix_rank(X / largest) < X.shape[1]:
        raise InputError(f"X is collinear: one of {', '.join(names)} is a combination of the others")


@accepts(
    *("y", "X", "weights", "noise_standard_error"),
    y=ANY,
    X=Covariates(first=1),
    weights=replace(POSITIVE, optional=True),
    side=OneOf(tuple(SIDES)),
    distribution=OneOf(DISTRIBUTIONS),
    noise_standard_error=replace(NOT_NEGATIVE, optional=True),
)
def fit(
    y: ArrayLike,
    X: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    side: str = "production",
    distribution: str = "half_normal",
    noise_standard_error: ArrayLike | None = None,
) -> FrontierResult:  # long: it names every part of the result
    """Fit a stochastic frontier.

    Parameters
    ----------
    y : (n,) array
        Outcome: output (production) or cost.
    X : (n, p) array or DataFrame
        Regressors without a constant; one is added, first.
    weights : (n,) array, optional
        Above 0; scaled here to sum to n.
    side : {'production', 'cost'}
    distribution : {'half_normal', 'exponential', 'truncated_normal'}
    noise_standard_error : (n,) array, optional
        Known standard error of each outcome; its square is added to sigma_v^2.

    Returns
    -------
    FrontierResult

    Raises
    ------
    ValueError
        Wrong shapes, missing values, weights not above 0, too few rows, collinear columns, unknown side or
        law.
    """
    y, X, names, w, noise = _checked(y, X, weights, noise_standard_error)
    sign = SIDES[side]
    problem = Problem(y, X, w, noise, sign, DENSITIES[distribution])
    if problem.scale <= 1e-12 * np.abs(y).max():
        raise InputError("X fits y exactly; there is nothing for a frontier to explain")
    n, k = X.shape
    top = _maximum(problem, distribution)
    theta, boundary, size = top.theta, top.boundary, len(top.theta)
    se, robust_se, converged = _standard_errors(problem, top)
    b = problem.back @ theta[:k] * problem.scale
    su, sv = theta[k] * problem.scale, theta[k + 1] * problem.scale
    tau = theta[k + 2] if size > k + 2 else 0.0
    frontier = X @ b
    e = sign * (y - frontier)
    if boundary == "sigma_u":
        inefficiency, efficiency = np.zeros(n), np.ones(n)
    elif top.exact_corner:
        inefficiency = np.maximum(-e, 0.0)
        efficiency = np.exp(-inefficiency)
    else:
        inefficiency, efficiency = conditional_means(distribution, e, su, sv * sv + noise**2, tau)
    mu = {"half_normal": 0.0, "exponential": np.nan}.get(distribution, tau * su)
    if boundary == "sigma_u" and distribution == "truncated_normal":
        mu = np.nan
    with np.errstate(divide="ignore", invalid="ignore"):
        level = 1 - inefficiency / frontier
        z = np.abs(b / se[:k])
    rank = np.empty(n, int)
    rank[np.lexsort((-e, -np.round(efficiency, 12)))] = np.arange(1, n + 1)
    statistic = max(0.0, 2 * (top.value - top.ols_value))
    log_scale = -n * np.log(problem.scale)  # log-likelihoods so far are of y in residual standard deviations
    return FrontierResult(
        side=side,
        distribution=distribution,
        terms=names,
        coefficients=b,
        standard_errors=se[:k],
        robust_standard_errors=robust_se[:k],
        p_values=2 * special.ndtr(-z),
        sigma_u=float(su),
        sigma_v=float(sv),
        mu=float(mu),
        standard_errors_sigma={
            "sigma_u": se[k],
            "sigma_v": se[k + 1],
            "mu": se[k + 2] if size > k + 2 else np.nan,
            "robust_sigma_u": robust_se[k],
            "robust_sigma_v": robust_se[k + 1],
            "robust_mu": robust_se[k + 2] if size > k + 2 else np.nan,
        },
        lambda_=float(su / sv) if sv > 0 else np.inf,
        gamma=float(su**2 / (su**2 + sv**2)) if su + sv > 0 else np.nan,
        log_likelihood=top.value + log_scale,
        ols_log_likelihood=top.ols_value + log_scale,
        noiseless_log_likelihood=top.noiseless_value + log_scale,
        ols_coefficients=problem.back @ top.ols_beta * problem.scale,
        ols_sigma=float(top.ols_sv * problem.scale),
        lr_statistic=statistic,
        lr_p_value=mixed_chi_square_p(statistic, distribution),
        frontier=frontier,
        residuals=sign * e,
        inefficiency=inefficiency,
        efficiency=efficiency,
        level_efficiency=level,
        rank=rank,
        wrong_skewness=top.wrong_skewness,
        boundary=boundary,
        converged=converged,
        weights=w,
    )


@dataclass
class _Maximum:
    """Where a likelihood is highest, in the units of its problem."""

    value: float
    theta: np.ndarray
    boundary: str
    density: Callable  # the normal one where sigma_u = 0
    exact_corner: bool  # sigma_v = 0, and no known noise in every row
    ols_value: float
    ols_beta: np.ndarray
    ols_sv: float
    noiseless_value: float
    wrong_skewness: bool


def _maximum(problem, distribution):
    """`_Maximum` of a problem: the best of the searches, or a corner."""
    k = problem.k
    ols_value, ols_beta, ols_sv = problem.without_inefficiency()
    skewness = problem.w @ problem.residuals(problem.ols) ** 3
    (value, theta), anywhere = search(problem, distribution)
    if value <= ols_value + TIE and skewness < 0:
        value, theta = anywhere  # the regression is not a maximum either, so the way up leads to the corner
    # dear for the truncated normal, so only where it is needed
    corner = None if problem.extra and not problem.without_noise_at(theta) else problem.without_noise()
    boundary, density = "", problem.density
    if value <= ols_value + TIE:
        boundary, value, density = "sigma_u", ols_value, normal
        theta = np.concatenate([ols_beta, [0.0, ols_sv]])
    elif problem.without_noise_at(theta):
        boundary = "sigma_v"
        if corner is not None:
            tau = [corner.tau] if problem.extra else []
            value, theta = corner.value, np.concatenate([corner.beta, [corner.sigma_u, 0.0], tau])
    elif problem.extra and not (MU_RANGE[0] + 0.01 < theta[k + 2] < MU_RANGE[1] - 0.01):
        boundary = "mu"
    return _Maximum(
        value=value,
        theta=theta,
        boundary=boundary,
        density=density,
        exact_corner=boundary == "sigma_v" and theta[k + 1] == 0 and not (problem.noise2 > 0).all(),
        ols_value=ols_value,
        ols_beta=ols_beta,
        ols_sv=ols_sv,
        noiseless_value=corner.value if corner else np.nan,
        wrong_skewness=bool(skewness >= 0),
    )


def _standard_errors(problem, top):
    """Standard errors of theta in the units of y and X, those of the sandwich, and whether it converged.

    A parameter on its boundary has none; at an exact corner none has any.
    """
    theta, boundary, k, size = top.theta, top.boundary, problem.k, len(top.theta)
    free = [
        j
        for j in range(size)
        if not (
            (boundary == "sigma_u" and j >= k and j != k + 1)
            or (boundary == "sigma_v" and j == k + 1)
            or (j == k + 1 and theta[j] <= 0)
            or (j == k + 2 and not MU_RANGE[0] + 0.01 < theta[j] < MU_RANGE[1] - 0.01)
        )
    ]
    covariance = np.full((size, size), np.nan)
    robust = covariance.copy()
    converged = True
    if not top.exact_corner:
        w = problem.w
        _, scores = problem.parts(theta, top.density)
        gradient = w @ scores[:, free]
        try:
            information = -problem.hessian(theta, free, top.density)
            inverse = linalg.cho_solve(linalg.cho_factor(information), np.eye(len(free)))
            meat = (scores[:, free] * w[:, None]).T @ (scores[:, free] * w[:, None])
            covariance[np.ix_(free, free)] = inverse
            robust[np.ix_(free, free)] = inverse @ meat @ inverse
            converged = bool(gradient @ inverse @ gradient < 1e-8)
        except linalg.LinAlgError:
            converged = False
    # back to the units of y and the columns of X
    turn = np.eye(size)
    turn[:k, :k] = problem.back
    turn *= problem.scale
    if problem.extra and size > k + 2:  # mu = tau sigma_u
        turn[k + 2, k], turn[k + 2, k + 2] = theta[k + 2] * problem.scale, theta[k] * problem.scale

    def errors(C):
        with np.errstate(invalid="ignore"):
            used = turn[np.ix_(range(size), free)] @ C[np.ix_(free, free)] @ turn[np.ix_(range(size), free)].T
            out = np.sqrt(np.diag(used))
        out[[j for j in range(size) if j not in free]] = np.nan
        return out

    return errors(covariance), errors(robust), converged
