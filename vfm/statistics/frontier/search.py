"""The likelihood of a frontier in units that suit an optimiser, and the search for its maximum.

Notes
-----
Waldman (1982), wrong skewness; Aigner & Chu (1968), the frontier without noise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from scipy import linalg, optimize, special

from vfm.statistics.frontier.laws import LOG_2PI, exponential, half_normal, normal, truncated_normal

NO_NOISE = 1e-3  # sigma_v, in residual standard deviations, below which a search is on its way to that corner
MU_RANGE = (-40.0, 8.0)  # of mu / sigma_u; beyond the lower end the law is exponential for all purposes
TIE = 1e-7  # log-likelihood units within which a corner counts as the maximum
_SMALLEST = 1e-5  # lower bound of the sigmas while searching, in residual standard deviations
_RESTARTS = 20  # of a search, at most


class Corner(NamedTuple):
    """Where sigma_v is 0, in the units of a `Problem`; tau = mu / sigma_u, 0 but for the truncated normal."""

    value: float
    beta: np.ndarray
    sigma_u: float
    tau: float = 0.0


class Problem:
    """Data in units that suit the optimiser: y in residual standard deviations, X an orthonormal basis."""

    def __init__(
        self,
        y: np.ndarray,
        X: np.ndarray,
        weights: np.ndarray,
        noise: np.ndarray,
        sign: float,
        density: Callable,
    ):
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
        self.extra = density is truncated_normal

    def residuals(self, beta: np.ndarray) -> np.ndarray:
        """(n,) y less the curve, times the sign of the side."""
        return self.sign * (self.y - self.basis @ beta)

    def parts(self, theta: np.ndarray, density: Callable | None = None) -> tuple[np.ndarray, np.ndarray]:
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

    def value(self, theta: np.ndarray, density: Callable | None = None) -> tuple[float, np.ndarray]:
        """Log-likelihood and its first derivative."""
        ll, scores = self.parts(theta, density)
        return float(self.w @ ll), self.w @ scores

    def hessian(self, theta: np.ndarray, free: list, density: Callable | None = None) -> np.ndarray:
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

    def bounds(self) -> list:
        """Lower and upper bound of each parameter."""
        sigma_v = 0.0 if (self.noise2 > 0).all() else _SMALLEST
        out = [(None, None)] * self.k + [(_SMALLEST, 50.0), (sigma_v, 50.0)]
        return out + [MU_RANGE] if self.extra else out

    def climb(self, start: np.ndarray, polish: bool = True) -> tuple[float, np.ndarray]:
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
        # on the way to a corner whose supremum has a closed form, the height it reached does not matter.
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
            if highest <= reached + TIE or (not self.extra and self.without_noise_at(summit)):
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

    def leave_corner(self, found: tuple[float, np.ndarray]) -> tuple[float, np.ndarray]:
        """The way up from a maximum at sigma_v = 0 beside known noise, if there is one.

        The slope by sigma_v is 0 there whatever the likelihood does, which stops a search; that by its square
        is not.
        """
        value, theta = found
        if theta[self.k + 1] > NO_NOISE:
            return found
        tau = theta[self.k + 2] if self.extra else 0.0
        by_V = self.density(self.residuals(theta[: self.k]), theta[self.k], self.noise2, tau)[3]
        if self.w @ by_V <= 0:
            return found
        theta = theta.copy()
        theta[self.k + 1] = 0.1
        return max(found, self.climb(theta), key=lambda f: f[0])

    def starts(self) -> Iterator[np.ndarray]:
        """Three fixed ratios, and corrected least squares from the third moment where the skewness allows."""
        e = self.residuals(self.ols)
        m3 = self.w @ e**3 / self.n
        if self.density is exponential:
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

    def shifted(self, distance: float) -> np.ndarray:
        """Least-squares coefficients with the line moved towards the frontier by `distance`."""
        one = self.basis.T @ self.w / self.n  # the constant in the basis
        return self.ols + self.sign * distance * one

    def without_inefficiency(self) -> tuple[float, np.ndarray, float]:
        """Maximum with sigma_u = 0: (log-likelihood, beta, sigma_v); least squares without known noise."""
        if not (self.noise2 > 0).any():
            return -0.5 * self.n * (LOG_2PI + 1), self.ols, 1.0

        def profile(sv):
            V = sv * sv + self.noise2
            weight = self.w / V
            beta = np.linalg.solve((self.basis.T * weight) @ self.basis, self.basis.T @ (weight * self.y))
            return float(self.w @ normal(self.residuals(beta), 0.0, V, 0.0)[0]), beta

        low = 0.0 if (self.noise2 > 0).all() else _SMALLEST
        found = optimize.minimize_scalar(
            lambda s: -profile(s)[0], bounds=(low, 3.0), method="bounded", options={"xatol": 1e-10}
        )
        sv = found.x if -found.fun > profile(low)[0] else low
        value, beta = profile(sv)
        return value, beta, sv

    def without_noise_at(self, theta: np.ndarray) -> bool:
        """Whether a search that ended at theta was on its way to the corner sigma_v = 0."""
        return theta[self.k + 1] <= (0.0 if (self.noise2 > 0).all() else NO_NOISE)

    def without_noise(self) -> Corner | None:
        """The supremum as sigma_v falls to 0; None with known noise, or where no envelope has one."""
        if (self.noise2 > 0).any():
            return None
        G, h = self.sign * self.basis, self.residuals(self.ols)  # envelope: G z >= h for beta = ols + z
        if self.density is half_normal:
            E = np.vstack([G.T, h])
            target = np.append(np.zeros(self.k), 1.0)
            multipliers, _ = optimize.nnls(E, target, maxiter=200 * self.n)
            r = E @ multipliers - target
            if abs(r[-1]) < 1e-12:
                return None
            beta = self.ols - r[:-1] / r[-1]
            u = -self.residuals(beta)
            su = np.sqrt(self.w @ u**2 / self.n)
            return Corner(self.n * (np.log(2) - 0.5 * LOG_2PI - np.log(su) - 0.5), beta, su)
        if self.density is exponential:
            found = optimize.linprog(self.w @ G, A_ub=-G, b_ub=-h, bounds=(None, None), method="highs")
            if found.status != 0:
                return None
            beta = self.ols + found.x
            su = self.w @ -self.residuals(beta) / self.n
            return Corner(self.n * (-np.log(su) - 1), beta, su)
        return self._truncated_without_noise(G, h)

    def _truncated_without_noise(self, G, h):
        """The corner of the truncated normal: a convex programme for each tau, and the best tau.

        With a = 1 / sigma_u and u = G z - h, let c = a z less tau for the constant. The residuals h are
        orthogonal to G, so the log-likelihood is n (log a - (c'c + a^2) / 2 - log Phi(tau)) and a constant,
        and the envelope says G c - a h + tau >= 0.
        """
        rows = np.column_stack([G, -h])

        one = self.sign * (self.basis.T @ self.w) / self.n  # G one = 1

        def programme(tau):
            return optimize.minimize(
                lambda v: 0.5 * v @ v - np.log(v[-1]),
                np.append(max(h.max() - tau, 0.0) * one, 1.0),  # inside the envelope
                jac=lambda v: v - np.append(np.zeros(self.k), 1 / v[-1]),
                bounds=[(None, None)] * self.k + [(1e-6, None)],
                constraints={"type": "ineq", "fun": lambda v: rows @ v + tau, "jac": lambda v: rows},
                method="SLSQP",
                options={"ftol": 1e-13, "maxiter": 300},
            )

        def height(tau):
            found = programme(tau)  # far out it may say that it cannot go on, at the solution
            is_inside = (rows @ found.x + tau).min() > -1e-6 * max(1.0, abs(tau))
            return found.fun + special.log_ndtr(tau) if is_inside else np.inf

        taus = np.append(-np.geomspace(-MU_RANGE[0], 0.1, 16), np.linspace(0, min(h.max(), MU_RANGE[1]), 16))
        heights = np.array([height(tau) for tau in taus])
        if not np.isfinite(heights).any():
            return None
        best = int(np.argmin(heights))
        around = taus[max(best - 1, 0)], taus[min(best + 1, len(taus) - 1)]
        tau = optimize.minimize_scalar(height, bounds=around, method="bounded", options={"xatol": 1e-9}).x
        tau = min((tau, taus[best]), key=height)
        v = programme(tau).x
        su = 1 / v[-1]
        beta = self.ols + su * (v[:-1] + tau * one)
        beta = beta + one * max(self.residuals(beta).max(), 0.0)
        value = -self.n * (0.5 * LOG_2PI + height(tau))
        return Corner(value, beta, su, tau)


def search(problem: Problem, distribution: str) -> tuple[tuple, tuple]:
    """Best maximum over all starts with noise, and best without that condition: (log-likelihood, theta)
    each."""
    starts = list(problem.starts())
    if distribution == "truncated_normal":
        wide = []
        for law in (half_normal, exponential):
            simpler = Problem.__new__(Problem)
            simpler.__dict__.update(problem.__dict__, density=law, extra=False)
            _, theta = max(
                (simpler.climb(s, polish=False) for s in simpler.starts()), key=lambda found: found[0]
            )
            k = problem.k
            if law is half_normal:
                wide += [np.append(theta, tau) for tau in (0.0, -1.0, 0.8)]
            else:  # near the exponential limit: sigma_u / |tau| is its mean
                wide += [
                    np.concatenate([theta[:k], [-tau * theta[k], theta[k + 1], tau]])
                    for tau in (-2.0, -4.0, -12.0)
                ]
        starts = wide
    found = [problem.climb(s) for s in starts]
    best = max(found, key=lambda f: f[0])
    if (problem.noise2 > 0).all():  # no corner to be kept from: the known noise stays
        return (problem.leave_corner(best),) * 2
    inside = [f for f in found if not problem.without_noise_at(f[1])]
    return max(inside, key=lambda f: f[0], default=best), best
