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

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import linalg, optimize, special

from vfm.statistics import batch
from vfm.statistics.frames import stacked, typed
from vfm.statistics.regression import powers

SIDES = {"production": 1.0, "cost": -1.0}
DISTRIBUTIONS = ("half_normal", "exponential", "truncated_normal")

_LOG_2PI = np.log(2 * np.pi)
_SMALLEST = 1e-5  # lower bound of the sigmas while searching, in residual standard deviations
_NO_NOISE = 1e-3  # sigma_v below which a search is on its way to the corner without noise, likewise
_MU_RANGE = (-40.0, 8.0)  # of mu / sigma_u; beyond the lower end the law is exponential for all purposes
_BATCH = 250  # simulated outcomes maximised side by side
_RESTARTS = 20  # of a search, at most
_TIE = 1e-7  # log-likelihood units within which a corner counts as the maximum


def _log_ndtr_and_mills(z):
    """log Phi(z) and phi(z) / Phi(z), without cancellation in either tail."""
    with np.errstate(over="ignore", divide="ignore"):
        mills = np.sqrt(2 / np.pi) / special.erfcx(-z / np.sqrt(2))
    return special.log_ndtr(z), mills


def _half_normal(e, su, V, tau):
    s2 = su * su + V
    s, root = np.sqrt(s2), np.sqrt(V)
    log_phi, m = _log_ndtr_and_mills(-e * su / (root * s))
    ll = np.log(2) - 0.5 * (_LOG_2PI + np.log(s2) + e * e / s2) + log_phi
    by_e = -e / s2 - m * su / (root * s)
    by_su = su * (e * e / s2 - 1) / s2 - m * e * root / s**3
    by_V = 0.5 * (e * e / s2 - 1) / s2 + 0.5 * m * e * su / (root * s) * (1 / V + 1 / s2)
    return ll, by_e, by_su, by_V, None


def _exponential(e, su, V, tau):
    root = np.sqrt(V)
    a = root / su + e / root
    log_phi, r = _log_ndtr_and_mills(-a)
    with np.errstate(over="ignore", divide="ignore"):
        tail = -0.5 * e * e / V + np.log(special.erfcx(a / np.sqrt(2)) / 2)
    ll = np.where(a > 0, tail, e / su + 0.5 * V / su**2 + log_phi) - np.log(su)
    by_e = 1 / su - r / root
    by_su = (-1 - e / su - V / su**2 + r * root / su) / su
    by_V = 0.5 / su**2 - 0.5 * r * (1 / su - e / V) / root
    return ll, by_e, by_su, by_V, None


def _truncated_normal(e, su, V, tau):
    s2 = su * su + V
    s, root = np.sqrt(s2), np.sqrt(V)
    c = e + tau * su
    top = tau * V - e * su
    log_phi, m = _log_ndtr_and_mills(top / (root * s))
    log_tau, m_tau = _log_ndtr_and_mills(np.asarray(tau, float))
    ll = -0.5 * (_LOG_2PI + np.log(s2) + c * c / s2) + log_phi - log_tau
    by_e = -c / s2 - m * su / (root * s)
    by_su = su * (c * c / s2 - 1) / s2 - c * tau / s2 - m * (e / (root * s) + top * su / (root * s**3))
    by_V = 0.5 * (c * c / s2 - 1) / s2 + m * (tau - 0.5 * top * (1 / V + 1 / s2)) / (root * s)
    by_tau = -c * su / s2 + m * root / s - m_tau
    return ll, by_e, by_su, by_V, by_tau


def _normal(e, su, V, tau):
    """The model without inefficiency."""
    ll = -0.5 * (_LOG_2PI + np.log(V) + e * e / V)
    return ll, -e / V, np.zeros_like(e), 0.5 * (e * e / V - 1) / V, None


_DENSITIES = {"half_normal": _half_normal, "exponential": _exponential, "truncated_normal": _truncated_normal}


def _conditional(distribution, e, su, V, tau):
    """Mean of u and of exp(-u) given the residual: u | e is a normal(centre, spread) truncated at 0."""
    if distribution == "exponential":
        centre, spread = -e - V / su, np.sqrt(V)
    else:
        shift = tau * su if distribution == "truncated_normal" else 0.0
        s2 = su * su + V
        centre, spread = (shift * V - e * su * su) / s2, su * np.sqrt(V / s2)
    z = centre / spread
    log_phi, m = _log_ndtr_and_mills(z)
    mean = np.maximum(centre + spread * m, 0.0)
    log_efficiency = special.log_ndtr(z - spread) - log_phi - centre + 0.5 * spread * spread
    return mean, np.exp(np.minimum(log_efficiency, 0.0))


class _Problem:
    """Data in units that suit the optimiser: y in residual standard deviations, X an orthonormal basis."""

    def __init__(self, y, X, weights, noise, sign, density):
        self.n, self.k = X.shape
        self.w, self.sign, self.density = weights, sign, density
        root = np.sqrt(weights)
        Q, R = np.linalg.qr(root[:, None] * X)
        self.basis = Q / root[:, None] * np.sqrt(self.n)  # basis' W basis = n
        self.back = linalg.solve_triangular(R, np.eye(self.k)) * np.sqrt(
            self.n
        )  # coefficients of X = back @ beta
        beta = self.basis.T @ (weights * y) / self.n
        self.scale = np.sqrt(weights @ (y - self.basis @ beta) ** 2 / self.n)
        self.y, self.ols = y / self.scale, beta / self.scale
        self.noise2 = (noise / self.scale) ** 2
        self.extra = density is _truncated_normal

    def residuals(self, beta):
        return self.sign * (self.y - self.basis @ beta)

    def parts(self, theta, density=None):
        """Log-likelihood and scores by row; theta = beta, sigma_u, sigma_v[, mu / sigma_u]."""
        k = self.k
        su, sv = theta[k], theta[k + 1]
        tau = theta[k + 2] if len(theta) > k + 2 else 0.0
        density = density or self.density
        ll, by_e, by_su, by_V, by_tau = density(self.residuals(theta[:k]), su, sv * sv + self.noise2, tau)
        scores = [-self.sign * self.basis * by_e[:, None], by_su[:, None], (2 * sv * by_V)[:, None]]
        if len(theta) > k + 2:
            scores.append(by_tau[:, None])
        return ll, np.hstack(scores)

    def value(self, theta, density=None):
        ll, scores = self.parts(theta, density)
        return float(self.w @ ll), self.w @ scores

    def hessian(self, theta, free, density=None):
        """Second derivative over the free parameters: extrapolated differences of the analytic score."""
        theta = np.asarray(theta, float)
        H = np.empty((len(free), len(free)))
        for i, j in enumerate(free):
            step = 1e-3 * max(0.1, abs(theta[j]))
            if j in (self.k, self.k + 1):
                step = min(step, theta[j] / 4)

            def slope(h, j=j):
                up, down = theta.copy(), theta.copy()
                up[j] += h
                down[j] -= h
                return (self.value(up, density)[1] - self.value(down, density)[1])[free] / (2 * h)

            one, half, quarter = slope(step), slope(step / 2), slope(step / 4)
            H[i] = (one - 20 * half + 64 * quarter) / 45
        return (H + H.T) / 2

    def bounds(self):
        sigma_v = 0.0 if (self.noise2 > 0).all() else _SMALLEST
        out = [(None, None)] * self.k + [(_SMALLEST, 50.0), (sigma_v, 50.0)]
        return out + [_MU_RANGE] if self.extra else out

    def climb(self, start, polish=True):
        """Maximise from one start: bounded quasi-Newton, then guarded Newton steps."""
        lower, upper = np.array(
            [(-np.inf if a is None else a, np.inf if b is None else b) for a, b in self.bounds()]
        ).T
        highest, summit = -np.inf, np.clip(start, lower, upper)

        def objective(theta):
            nonlocal highest, summit
            with np.errstate(all="ignore"):
                value, gradient = self.value(theta)
            if not (np.isfinite(value) and np.isfinite(gradient).all()):
                return 1e12, np.zeros_like(gradient)
            if value > highest:
                highest, summit = value, theta.copy()
            return -value / self.n, -gradient / self.n

        tolerances = {"ftol": 1e-14, "gtol": 1e-9} if polish else {"ftol": 1e-11, "gtol": 1e-6}
        # Where the noise vanishes the likelihood falls off a cliff as soon as one residual changes its sign,
        # and a search may end on its edge or below. It starts again from the highest point while that helps;
        # on the way to a corner whose supremum has a closed form, how high it came is of no matter.
        for _ in range(_RESTARTS):
            reached = highest
            optimize.minimize(
                objective,
                summit,
                jac=True,
                method="L-BFGS-B",
                bounds=self.bounds(),
                options={"maxiter": 500, **tolerances},
            )
            if highest <= reached + _TIE or (not self.extra and self.without_noise_at(summit)):
                break
        theta, value = summit, highest
        for _ in range(20 if polish else 0):
            free = np.flatnonzero((theta > lower) & (theta < upper))
            with np.errstate(all="ignore"):
                gradient = self.value(theta)[1][free]
                H = self.hessian(theta, free)
            try:
                step = linalg.cho_solve(linalg.cho_factor(-H), gradient)
            except (linalg.LinAlgError, ValueError):
                break
            size = 1.0
            while size > 1e-4:
                trial = theta.copy()
                trial[free] += size * step
                if ((trial >= lower) & (trial <= upper)).all():
                    with np.errstate(all="ignore"):
                        better = self.value(trial)[0]
                    if better >= value - 1e-12 * abs(value):
                        break
                size /= 2
            else:
                break
            theta, value = trial, better
            if step @ gradient < 1e-18:
                break
        return value, theta

    def starts(self):
        """Three fixed ratios, and corrected least squares from the third moment where the skewness allows."""
        e = self.residuals(self.ols)
        m3 = self.w @ e**3 / self.n
        if self.density is _exponential:
            mean, variance, third = 1.0, 1.0, 2.0
        else:
            mean, variance, third = np.sqrt(2 / np.pi), 1 - 2 / np.pi, np.sqrt(2 / np.pi) * (4 / np.pi - 1)
        ratios = [0.3, 1.0, 3.0]
        if m3 < 0:
            su = np.cbrt(-m3 / third)
            left = max(1 - variance * su * su, 0.05)
            ratios.append(su / np.sqrt(left))
        for ratio in ratios:
            sv = 1 / np.sqrt(1 + variance * ratio**2)
            su = ratio * sv
            yield np.concatenate([self.shifted(mean * su), [su, sv]])

    def shifted(self, distance):
        """Least-squares coefficients with the line moved towards the frontier by `distance`."""
        one = self.basis.T @ self.w / self.n  # the constant in the basis
        return self.ols + self.sign * distance * one

    def without_inefficiency(self):
        """Maximum with sigma_u = 0: (log-likelihood, beta, sigma_v); least squares without known noise."""
        if not (self.noise2 > 0).any():
            return -0.5 * self.n * (_LOG_2PI + 1), self.ols, 1.0

        def profile(sv):
            V = sv * sv + self.noise2
            weight = self.w / V
            beta = np.linalg.solve((self.basis.T * weight) @ self.basis, self.basis.T @ (weight * self.y))
            return float(self.w @ _normal(self.residuals(beta), 0.0, V, 0.0)[0]), beta

        low = 0.0 if (self.noise2 > 0).all() else _SMALLEST
        found = optimize.minimize_scalar(
            lambda s: -profile(s)[0], bounds=(low, 3.0), method="bounded", options={"xatol": 1e-10}
        )
        sv = found.x if -found.fun > profile(low)[0] else low
        value, beta = profile(sv)
        return value, beta, sv

    def without_noise_at(self, theta):
        """Whether a search that ended at theta was on its way to the corner sigma_v = 0."""
        return theta[self.k + 1] <= (0.0 if (self.noise2 > 0).all() else _NO_NOISE)

    def without_noise(self):
        """Supremum as sigma_v falls to 0: (log-likelihood, beta, sigma_u); None without closed form."""
        if (self.noise2 > 0).any():
            return None
        G, h = self.sign * self.basis, self.residuals(self.ols)  # envelope: G z >= h for beta = ols + z
        if self.density is _half_normal:
            E = np.vstack([G.T, h])
            target = np.append(np.zeros(self.k), 1.0)
            multipliers, _ = optimize.nnls(E, target, maxiter=200 * self.n)
            r = E @ multipliers - target
            if abs(r[-1]) < 1e-12:
                return None
            beta = self.ols - r[:-1] / r[-1]
            u = -self.residuals(beta)
            su = np.sqrt(self.w @ u**2 / self.n)
            return self.n * (np.log(2) - 0.5 * _LOG_2PI - np.log(su) - 0.5), beta, su
        if self.density is _exponential:
            found = optimize.linprog(self.w @ G, A_ub=-G, b_ub=-h, bounds=(None, None), method="highs")
            if found.status != 0:
                return None
            beta = self.ols + found.x
            su = self.w @ -self.residuals(beta) / self.n
            return self.n * (-np.log(su) - 1), beta, su
        return None


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
        Supremum as sigma_v falls to 0, where it has a closed form; it may lie above `log_likelihood` (see the
        module).
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


def _check(y, X, weights, noise, side, distribution):
    if side not in SIDES:
        raise ValueError(f"side must be one of {', '.join(SIDES)}, not {side!r}")
    if distribution not in DISTRIBUTIONS:
        raise ValueError(f"distribution must be one of {', '.join(DISTRIBUTIONS)}, not {distribution!r}")
    y = np.asarray(y, float)
    n = len(y)
    names = [str(c) for c in X.columns] if isinstance(X, pd.DataFrame) else None
    X = np.asarray(X, float)
    if X.ndim == 1:
        X = X[:, None] if X.size else X.reshape(n, 0)
    if y.ndim != 1 or X.ndim != 2 or len(X) != n:
        raise ValueError(f"y must be a vector and X have as many rows, not shapes {y.shape} and {X.shape}")
    names = ["constant", *(names or [f"x{j + 1}" for j in range(X.shape[1])])]
    X = np.column_stack([np.ones(n), X])
    weights = np.ones(n) if weights is None else np.asarray(weights, float)
    noise = np.zeros(n) if noise is None else np.asarray(noise, float)
    for label, v in (("weights", weights), ("noise_standard_error", noise)):
        if v.shape != (n,) or not np.isfinite(v).all() or (v < 0).any():
            raise ValueError(f"{label} must be {n} finite values, not negative")
    if not np.isfinite(y).all():
        raise ValueError(f"y has missing or infinite values in {(~np.isfinite(y)).sum()} of {n} rows")
    finite = np.isfinite(X).all(axis=0)
    if not finite.all():
        raise ValueError(f"X has missing or infinite values in column {_list(names, ~finite)}")
    if (weights <= 0).any():
        raise ValueError("weights must be above 0; leave out rows without weight")
    k = X.shape[1]
    if n <= k + 2:
        raise ValueError(
            f"y and X have {n} rows; a frontier with {k} coefficients needs more than {k + 2} rows"
        )
    largest = np.abs(X).max(axis=0)
    constant = np.ptp(X, axis=0) <= 1e-13 * largest
    constant[0] = False
    if constant.any():
        raise ValueError(
            f"X is constant in column {_list(names, constant)}, and a frontier has a constant of its own"
        )
    if np.linalg.matrix_rank(X / largest) < k:
        raise ValueError(f"X is collinear: one of {', '.join(names)} is a combination of the others")
    return y, X, names, weights * (n / weights.sum()), noise


def _search(problem, distribution, polish=True):
    """Best maximum over all starts with noise, and best without that condition: (log-likelihood, theta)
    each."""
    starts = list(problem.starts())
    if distribution == "truncated_normal":
        wide = []
        for law in (_half_normal, _exponential):
            simpler = _Problem.__new__(_Problem)
            simpler.__dict__.update(problem.__dict__, density=law, extra=False)
            _, theta = max(
                (simpler.climb(s, polish=False) for s in simpler.starts()), key=lambda found: found[0]
            )
            k = problem.k
            if law is _half_normal:
                wide += [np.append(theta, tau) for tau in (0.0, -1.0, 0.8)]
            else:  # near the exponential limit: sigma_u / |tau| is its mean
                wide += [
                    np.concatenate([theta[:k], [-tau * theta[k], theta[k + 1], tau]])
                    for tau in (-2.0, -4.0, -12.0)
                ]
        starts = wide
    found = [problem.climb(s, polish=polish) for s in starts]
    inside = [f for f in found if not problem.without_noise_at(f[1])]
    best = max(found, key=lambda f: f[0])
    return max(inside, key=lambda f: f[0], default=best), best


def conditional_law(residuals, sigma_u, sigma_v):
    """Law of the half-normal inefficiency given the residual: a normal(centre, spread) truncated at 0.

    Parameters
    ----------
    residuals : (n,) or (n, B) float array
        v - u: positive where the unit does better than the frontier.
    sigma_u, sigma_v : float or (B,) float array
        Not both 0.

    Returns
    -------
    centre, spread : float arrays
        spread is 0 at either corner: u is then 0 (sigma_u = 0) or minus the residual (sigma_v = 0).

    Notes
    -----
    Jondrow, Lovell, Materov & Schmidt (1982).
    """
    s2 = sigma_u**2 + sigma_v**2
    return -residuals * sigma_u**2 / s2, sigma_u * sigma_v / np.sqrt(s2) + np.zeros_like(residuals)


def conditional_quantile(centre, spread, probability):
    """Quantile of the inefficiency given the residual, units of y (Horrace & Schmidt 1996).

    Parameters
    ----------
    centre, spread : float arrays
        See `conditional_law`.
    probability : float or float array
        0-1; the shapes are broadcast.
    """
    centre, spread, probability = np.broadcast_arrays(centre, spread, probability)
    with np.errstate(divide="ignore", invalid="ignore"):
        beyond = np.log1p(-probability) + special.log_ndtr(centre / spread)
        inside = centre - spread * special.ndtri_exp(beyond)
    return np.maximum(np.where(spread > 0, inside, centre), 0.0)


def mixed_chi_square_p(statistic, distribution="half_normal"):
    """p-value of the likelihood-ratio test of no inefficiency (see `FrontierResult.lr_p_value`)."""
    if statistic <= 0:
        return 1.0
    first = special.chdtrc(1, statistic)
    if distribution == "truncated_normal":
        return float(0.5 * first + 0.5 * special.chdtrc(2, statistic))
    return float(0.5 * first)


def bootstrap_p_value(result, X, *, draws=199, seed=0):
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
        raise ValueError("the parametric bootstrap covers the half-normal and the exponential law")
    if result.lr_statistic <= 0:
        return 1.0
    n = len(result.weights)
    design = np.column_stack([np.ones(n), np.asarray(X, float).reshape(n, -1)])
    line = design @ result.ols_coefficients
    noise = np.random.default_rng(seed).standard_normal((draws, n))
    law = _DENSITIES[result.distribution]
    larger = 0
    for first in range(0, draws, _BATCH):
        y = line + result.ols_sigma * noise[first : first + _BATCH]
        statistic = _simulated_statistics(y.T, design, result.weights, SIDES[result.side], law)
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


def _fit_batch(y, X, weights, sign, density):
    """`Batch` of outcomes y (n, B) with regressors X, shared (n, k) or one set each (B, n, k)."""
    n, count = y.shape
    if X.ndim == 2:
        basis = _Problem(y[:, 0], X, weights, np.zeros(n), sign, density).basis
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

    mean, variance = (1.0, 1.0) if density is _exponential else (np.sqrt(2 / np.pi), 1 - 2 / np.pi)
    least = np.full(count, -0.5 * n * (_LOG_2PI + 1))
    inside, anywhere = least.copy(), least.copy()
    su, sv, beta = np.zeros(count), np.ones(count), ols.copy()
    for ratio in (0.5, 2.0):
        start_v = 1 / np.sqrt(1 + variance * ratio**2)
        start_u = ratio * start_v
        start = np.vstack([ols + sign * mean * start_u * one, np.full((1, count), np.log(start_u))])
        start = np.vstack([start, np.full((1, count), np.log(start_v))])
        theta, value, _ = batch.maximise(evaluate, start, np.eye(k + 2) / n, decrement=1e-7, iterations=80)
        anywhere = np.maximum(anywhere, value)
        better = (theta[k + 1] > np.log(_NO_NOISE)) & (value > np.maximum(inside, least + _TIE))
        inside = np.where(better, value, inside)
        su, sv = np.where(better, np.exp(theta[k]), su), np.where(better, np.exp(theta[k + 1]), sv)
        beta = np.where(better, theta[:k], beta)
    line = sign * (y - curve(ols, every))
    skewness = (w * line**3).sum(axis=0)
    e = sign * (y - curve(beta, every))
    for j in np.flatnonzero((inside <= least + _TIE) & (anywhere > least + _TIE) & (skewness < 0)):
        single = _Problem(y[:, j], X if X.ndim == 2 else X[j], weights, np.zeros(n), sign, density)
        inside[j], corner, su[j] = single.without_noise()
        su[j], sv[j], e[:, j] = su[j] * single.scale, 0.0, single.residuals(corner) * single.scale
        inside[j] -= n * np.log(single.scale)
    return Batch(2 * (inside - least), su * scale, sv * scale, e * scale, line * scale)


def fit_half_normal(y, X, weights, side):
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
    parts = [
        _fit_batch(y[:, a : a + _BATCH], X[a : a + _BATCH], weights, SIDES[side], _half_normal)
        for a in range(0, y.shape[1], _BATCH)
    ]
    return Batch(
        *(
            np.concatenate([getattr(part, field) for part in parts], axis=-1)
            for field in Batch.__dataclass_fields__
        )
    )


def _simulated_statistics(y, X, weights, sign, density):
    """Likelihood-ratio statistics (B,) of outcomes y (n, B) that share regressors and weights."""
    return _fit_batch(y, X, weights, sign, density).statistic


def fit(y, X, *, weights=None, side="production", distribution="half_normal", noise_standard_error=None):
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
    y, X, names, w, noise = _check(y, X, weights, noise_standard_error, side, distribution)
    sign = SIDES[side]
    problem = _Problem(y, X, w, noise, sign, _DENSITIES[distribution])
    if problem.scale <= 1e-12 * np.abs(y).max():
        raise ValueError("the regressors fit y exactly; there is nothing for a frontier to explain")
    n, k = X.shape
    e_ols = problem.residuals(problem.ols)
    ols_value, ols_beta, ols_sv = problem.without_inefficiency()
    skewness = w @ e_ols**3
    (value, theta), anywhere = _search(problem, distribution)
    if value <= ols_value + _TIE and skewness < 0:
        value, theta = anywhere  # the regression is no maximum either, so the way up leads to the corner
    corner = problem.without_noise()
    boundary, density = "", problem.density
    if value <= ols_value + _TIE:
        boundary, value, density = "sigma_u", ols_value, _normal
        theta = np.concatenate([ols_beta, [0.0, ols_sv]])
    elif problem.without_noise_at(theta):
        boundary = "sigma_v"
        if corner is not None:
            value, theta = corner[0], np.concatenate([corner[1], [corner[2], 0.0]])
    elif problem.extra and not (_MU_RANGE[0] + 0.01 < theta[k + 2] < _MU_RANGE[1] - 0.01):
        boundary = "mu"
    size = len(theta)
    free = [
        j
        for j in range(size)
        if not (
            (boundary == "sigma_u" and j >= k and j != k + 1)
            or (boundary == "sigma_v" and j == k + 1)
            or (j == k + 1 and theta[j] <= 0)
            or (boundary == "mu" and j == k + 2)
        )
    ]
    covariance = np.full((size, size), np.nan)
    robust = covariance.copy()
    converged = True
    exact_corner = boundary == "sigma_v" and theta[k + 1] == 0 and not (noise > 0).all()
    if not exact_corner:
        _, scores = problem.parts(theta, density)
        gradient = w @ scores[:, free]
        try:
            inverse = linalg.cho_solve(
                linalg.cho_factor(-problem.hessian(theta, free, density)), np.eye(len(free))
            )
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

    se, robust_se = errors(covariance), errors(robust)
    b = problem.back @ theta[:k] * problem.scale
    su, sv = theta[k] * problem.scale, theta[k + 1] * problem.scale
    tau = theta[k + 2] if size > k + 2 else 0.0
    frontier = X @ b
    e = sign * (y - frontier)
    if boundary == "sigma_u":
        inefficiency, efficiency = np.zeros(n), np.ones(n)
    elif exact_corner:
        inefficiency = np.maximum(-e, 0.0)
        efficiency = np.exp(-inefficiency)
    else:
        inefficiency, efficiency = _conditional(distribution, e, su, sv * sv + noise**2, tau)
    mu = {"half_normal": 0.0, "exponential": np.nan}.get(distribution, tau * su)
    if boundary == "sigma_u" and distribution == "truncated_normal":
        mu = np.nan
    with np.errstate(divide="ignore", invalid="ignore"):
        level = 1 - inefficiency / frontier
        z = np.abs(b / se[:k])
    rank = np.empty(n, int)
    rank[np.lexsort((-e, -np.round(efficiency, 12)))] = np.arange(1, n + 1)
    statistic = max(0.0, 2 * (value - ols_value))
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
        log_likelihood=value + log_scale,
        ols_log_likelihood=ols_value + log_scale,
        noiseless_log_likelihood=corner[0] + log_scale if corner else np.nan,
        ols_coefficients=problem.back @ ols_beta * problem.scale,
        ols_sigma=float(ols_sv * problem.scale),
        lr_statistic=statistic,
        lr_p_value=mixed_chi_square_p(statistic, distribution),
        frontier=frontier,
        residuals=sign * e,
        inefficiency=inefficiency,
        efficiency=efficiency,
        level_efficiency=level,
        rank=rank,
        wrong_skewness=bool(skewness >= 0),
        boundary=boundary,
        converged=converged,
        weights=w,
    )


# --- the tables of the warehouse
# -------------------------------------------------------------------------------------

#: Outcome and regressor of each side (report, appendix 4, eq. 4 and its cost twin).
MODELS = {
    "production": ("benchmark_indicator", "expenditure_indicator"),
    "cost": ("expenditure_indicator", "benchmark_indicator"),
}

TEN_BEST = 10  # "the ten best" of Figure 5.3

_PARAMETERS = {
    "side": object,
    "distribution": object,
    "term": object,
    "coefficient": float,
    "standard_error": float,
    "robust_standard_error": float,
    "p_value": float,
}
_FITS = {
    "side": object,
    "distribution": object,
    "municipalities": "int64",
    "log_likelihood": float,
    "ols_log_likelihood": float,
    "noiseless_log_likelihood": float,
    "lr_statistic": float,
    "lr_p_value": float,
    "lr_bootstrap_p_value": float,
    "sigma_u": float,
    "sigma_v": float,
    "lambda": float,
    "gamma": float,
    "mean_inefficiency": float,
    "mean_efficiency": float,
    "wrong_skewness": bool,
    "boundary": object,
    "converged": bool,
}
_EFFICIENCIES = {
    "side": object,
    "distribution": object,
    "municipality_code": object,
    "frontier": float,
    "regression": float,
    "residual": float,
    "inefficiency": float,
    "efficiency": float,
    "level_efficiency": float,
    "rank": "int64",
    "is_among_ten_best": bool,
    "is_at_regression": bool,
}


def fits(municipalities, *, sides=tuple(MODELS), distributions=DISTRIBUTIONS):
    """Fit both sides under each law, quadratic in the one regressor and weighted by spells.

    Parameters
    ----------
    municipalities : DataFrame
        intermediate.int_efficiency_input: municipality_code, spells, both indicators.
        Sorted here.

    Yields
    ------
    data : DataFrame
        Sorted by municipality_code.
    result : FrontierResult
    """
    data = municipalities.sort_values("municipality_code", kind="stable").reset_index(drop=True)
    for side in sides if len(data) else ():
        outcome, regressor = MODELS[side]
        X = powers(data[regressor], regressor, 2).drop(columns="constant")
        for distribution in distributions:
            yield data, fit(data[outcome], X, weights=data["spells"], side=side, distribution=distribution)


#: Columns of intermediate.int_frontier_results after `result`.
_RESULTS = {
    "side": "string",
    "distribution": "string",
    "term": "string",
    "municipality_code": "string",
    "coefficient": float,
    "standard_error": float,
    "robust_standard_error": float,
    "p_value": float,
    "municipalities": "Int64",
    "log_likelihood": float,
    "ols_log_likelihood": float,
    "noiseless_log_likelihood": float,
    "lr_statistic": float,
    "lr_p_value": float,
    "lr_bootstrap_p_value": float,
    "sigma_u": float,
    "sigma_v": float,
    "lambda": float,
    "gamma": float,
    "mean_inefficiency": float,
    "mean_efficiency": float,
    "wrong_skewness": "boolean",
    "boundary": "string",
    "converged": "boolean",
    "frontier": float,
    "regression": float,
    "residual": float,
    "inefficiency": float,
    "efficiency": float,
    "level_efficiency": float,
    "rank": "Int64",
    "is_among_ten_best": "boolean",
    "is_at_regression": "boolean",
}


def results(municipalities, draws=0, seed=0):
    """Rows of intermediate.int_frontier_results: every frontier fitted once, and what follows from it.

    Parameters
    ----------
    municipalities, draws, seed
        As `fit_table`.

    Returns
    -------
    DataFrame
        By `result`: 'parameters' (`parameters_table`), 'fit' (`fit_table`) and 'municipalities'
        (`efficiencies_table`). No rows in, no rows out.
    """
    fitted = list(fits(municipalities))
    return stacked(
        {
            "parameters": parameters_table(fitted),
            "fit": fit_table(fitted, draws, seed),
            "municipalities": efficiencies_table(fitted),
        },
        _RESULTS,
    )


def parameters_table(fitted):
    """Rows of efficiency.frontier_parameters: coefficients, sigma_u and sigma_v (and mu) by side and law.

    Parameters
    ----------
    fitted : iterable of (data, FrontierResult)
        See `fits`.

    Returns
    -------
    DataFrame
        p-values are those of a coefficient of 0, two-sided normal; the sigmas have none (a sigma of 0 is a
        boundary: see the likelihood-ratio test of `fit_table`). No standard error: the parameter lies on its
        boundary.
    """
    rows = []
    for _, r in fitted:
        extra = ["sigma_u", "sigma_v"] + (["mu"] if r.distribution == "truncated_normal" else [])
        se = r.standard_errors_sigma
        robust = [*r.robust_standard_errors, *(se[f"robust_{name}"] for name in extra)]
        rows.append(
            {
                "side": r.side,
                "distribution": r.distribution,
                "term": r.terms + extra,
                "coefficient": [*r.coefficients, *(getattr(r, name) for name in extra)],
                "standard_error": [*r.standard_errors, *(se[name] for name in extra)],
                "robust_standard_error": robust,
                "p_value": [*r.p_values, *(np.nan for _ in extra)],
            }
        )
    return typed(rows, _PARAMETERS)


def fit_table(fitted, draws=0, seed=0):
    """Rows of efficiency.frontier_fit: likelihoods, the test of no inefficiency, the sigmas.

    Parameters
    ----------
    fitted : iterable of (data, FrontierResult)
        See `fits`.
    draws : int
        Draws of the parametric bootstrap of the test (`bootstrap_p_value`); 0 leaves `lr_bootstrap_p_value`
        missing.
    seed : int

    Returns
    -------
    DataFrame
    """
    rows = []
    for data, r in fitted:
        regressor = MODELS[r.side][1]
        p = np.nan
        if int(draws) > 0 and r.distribution != "truncated_normal":
            X = powers(data[regressor], regressor, 2).drop(columns="constant")
            p = bootstrap_p_value(r, X, draws=int(draws), seed=int(seed))
        rows.append(
            {
                "side": [r.side],
                "distribution": r.distribution,
                "municipalities": len(data),
                "log_likelihood": r.log_likelihood,
                "ols_log_likelihood": r.ols_log_likelihood,
                "noiseless_log_likelihood": r.noiseless_log_likelihood,
                "lr_statistic": r.lr_statistic,
                "lr_p_value": r.lr_p_value,
                "lr_bootstrap_p_value": p,
                "sigma_u": r.sigma_u,
                "sigma_v": r.sigma_v,
                "lambda": r.lambda_,
                "gamma": r.gamma,
                "mean_inefficiency": r.weights @ r.inefficiency / r.weights.sum(),
                "mean_efficiency": r.weights @ r.efficiency / r.weights.sum(),
                "wrong_skewness": r.wrong_skewness,
                "boundary": r.boundary or "none",
                "converged": r.converged,
            }
        )
    return typed(rows, _FITS)


def efficiencies_table(fitted):
    """Rows of efficiency.frontier_efficiencies: frontier, inefficiency, efficiencies and rank.

    Parameters
    ----------
    fitted : iterable of (data, FrontierResult)
        See `fits`.

    Returns
    -------
    DataFrame
        The ranks are those of `FrontierResult`. `regression` is the least-squares curve of the same form and
        weights, the dashed line of Figures 5.3 and 5.4. `is_at_regression`: sigma_u = 0, so that the frontier
        is the regression line and the ten best are those with the largest residuals.
    """
    rows = []
    for data, r in fitted:
        regressor = MODELS[r.side][1]
        rows.append(
            {
                "side": r.side,
                "distribution": r.distribution,
                "municipality_code": data["municipality_code"],
                "frontier": r.frontier,
                "regression": powers(data[regressor], regressor, 2).to_numpy() @ r.ols_coefficients,
                "residual": r.residuals,
                "inefficiency": r.inefficiency,
                "efficiency": r.efficiency,
                "level_efficiency": r.level_efficiency,
                "rank": r.rank,
                "is_among_ten_best": r.rank <= TEN_BEST,
                "is_at_regression": r.boundary == "sigma_u",
            }
        )
    return typed(rows, _EFFICIENCIES)


_KNOWN_NOISE = {
    "distribution": object,
    "municipality_code": object,
    "sigma_u": float,
    "sigma_v": float,
    "lr_statistic": float,
    "lr_p_value": float,
    "inefficiency": float,
    "efficiency": float,
    "rank": "int64",
}


def known_noise_table(municipalities):
    """Rows of efficiency.frontier_known_noise: production, unweighted, each indicator's error known.

    Parameters
    ----------
    municipalities : DataFrame
        As `fits`, with benchmark_standard_error (known standard deviation of each outcome).
    """
    data = municipalities.sort_values("municipality_code", kind="stable").reset_index(drop=True)
    outcome, regressor = MODELS["production"]
    rows = []
    for distribution in DISTRIBUTIONS if len(data) else ():
        X = powers(data[regressor], regressor, 2).drop(columns="constant")
        r = fit(
            data[outcome], X, distribution=distribution, noise_standard_error=data["benchmark_standard_error"]
        )
        rows.append(
            {
                "distribution": distribution,
                "municipality_code": data["municipality_code"],
                "sigma_u": r.sigma_u,
                "sigma_v": r.sigma_v,
                "lr_statistic": r.lr_statistic,
                "lr_p_value": r.lr_p_value,
                "inefficiency": r.inefficiency,
                "efficiency": r.efficiency,
                "rank": r.rank,
            }
        )
    return typed(rows, _KNOWN_NOISE)
