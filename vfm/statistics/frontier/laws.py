"""Laws of the inefficiency: densities of the residual, and what a residual says of the inefficiency.

Notes
-----
Aigner, Lovell & Schmidt (1977) and Meeusen & van den Broeck (1977), half-normal and exponential; Stevenson
(1980), truncated normal; Jondrow, Lovell, Materov & Schmidt (1982), E[u|e]; Battese & Coelli (1988),
E[exp(-u)|e].
"""

from __future__ import annotations

import numpy as np
from scipy import special

from vfm.statistics.arguments import ANY, Number, Numbers, OneOf, accepts

SIDES = {"production": 1.0, "cost": -1.0}
DISTRIBUTIONS = ("half_normal", "exponential", "truncated_normal")
LOG_2PI = np.log(2 * np.pi)


def log_ndtr_and_mills(z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """log Phi(z) and phi(z) / Phi(z), without cancellation in either tail."""
    with np.errstate(over="ignore", divide="ignore"):
        mills = np.sqrt(2 / np.pi) / special.erfcx(-z / np.sqrt(2))
    return special.log_ndtr(z), mills


def half_normal(e: np.ndarray, su: float | np.ndarray, V: float | np.ndarray, tau: float) -> tuple:
    """See `DENSITIES`."""
    s2 = su * su + V
    s, root = np.sqrt(s2), np.sqrt(V)
    log_phi, m = log_ndtr_and_mills(-e * su / (root * s))
    ll = np.log(2) - 0.5 * (LOG_2PI + np.log(s2) + e * e / s2) + log_phi
    by_e = -e / s2 - m * su / (root * s)
    by_su = su * (e * e / s2 - 1) / s2 - m * e * root / s**3
    by_V = 0.5 * (e * e / s2 - 1) / s2 + 0.5 * m * e * su / (root * s) * (1 / V + 1 / s2)
    return ll, by_e, by_su, by_V, None


def exponential(e: np.ndarray, su: float | np.ndarray, V: float | np.ndarray, tau: float) -> tuple:
    """See `DENSITIES`."""
    root = np.sqrt(V)
    a = root / su + e / root
    log_phi, r = log_ndtr_and_mills(-a)
    with np.errstate(over="ignore", divide="ignore"):
        tail = -0.5 * e * e / V + np.log(special.erfcx(a / np.sqrt(2)) / 2)
    ll = np.where(a > 0, tail, e / su + 0.5 * V / su**2 + log_phi) - np.log(su)
    by_e = 1 / su - r / root
    by_su = (-1 - e / su - V / su**2 + r * root / su) / su
    by_V = 0.5 / su**2 - 0.5 * r * (1 / su - e / V) / root
    return ll, by_e, by_su, by_V, None


def truncated_normal(e: np.ndarray, su: float | np.ndarray, V: float | np.ndarray, tau: float) -> tuple:
    """See `DENSITIES`."""
    s2 = su * su + V
    s, root = np.sqrt(s2), np.sqrt(V)
    c = e + tau * su
    top = tau * V - e * su
    log_phi, m = log_ndtr_and_mills(top / (root * s))
    log_tau, m_tau = log_ndtr_and_mills(np.asarray(tau, float))
    ll = -0.5 * (LOG_2PI + np.log(s2) + c * c / s2) + log_phi - log_tau
    by_e = -c / s2 - m * su / (root * s)
    by_su = su * (c * c / s2 - 1) / s2 - c * tau / s2 - m * (e / (root * s) + top * su / (root * s**3))
    by_V = 0.5 * (c * c / s2 - 1) / s2 + m * (tau - 0.5 * top * (1 / V + 1 / s2)) / (root * s)
    by_tau = -c * su / s2 + m * root / s - m_tau
    return ll, by_e, by_su, by_V, by_tau


def normal(e: np.ndarray, su: float | np.ndarray, V: float | np.ndarray, tau: float) -> tuple:
    """See `DENSITIES`: the model without inefficiency."""
    ll = -0.5 * (LOG_2PI + np.log(V) + e * e / V)
    return ll, -e / V, np.zeros_like(e), 0.5 * (e * e / V - 1) / V, None


#: Log-density of the residual e by law, and its derivatives by e, sigma_u, V = sigma_v^2 and
#: tau = mu / sigma_u (None where the law has no tau).
DENSITIES = {"half_normal": half_normal, "exponential": exponential, "truncated_normal": truncated_normal}


_VALUES = Numbers(dimensions=(1, 2))
_SIGMA = Numbers("not negative", minimum=0, dimensions=(0, 1))


@accepts(
    distribution=OneOf(DISTRIBUTIONS),
    e=ANY,
    su=Number(0, closed=True),
    V=Numbers("not negative", minimum=0, dimensions=(0, 1)),
    tau=Number(),
)
def conditional_means(
    distribution: str, e: np.ndarray, su: float, V: np.ndarray, tau: float
) -> tuple[np.ndarray, np.ndarray]:
    """Mean of u and of exp(-u) given the residual: u | e is a normal(centre, spread) truncated at 0."""
    if distribution == "exponential":
        centre, spread = -e - V / su, np.sqrt(V)
    else:
        shift = tau * su if distribution == "truncated_normal" else 0.0
        s2 = su * su + V
        centre, spread = (shift * V - e * su * su) / s2, su * np.sqrt(V / s2)
    z = centre / spread
    log_phi, m = log_ndtr_and_mills(z)
    mean = np.maximum(centre + spread * m, 0.0)
    log_efficiency = special.log_ndtr(z - spread) - log_phi - centre + 0.5 * spread * spread
    return mean, np.exp(np.minimum(log_efficiency, 0.0))


@accepts(residuals=_VALUES, sigma_u=_SIGMA, sigma_v=Numbers("not negative", minimum=0, dimensions=(0, 1, 2)))
def conditional_law(
    residuals: np.ndarray, sigma_u: float | np.ndarray, sigma_v: float | np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Law of the half-normal inefficiency given the residual: a normal(centre, spread) truncated at 0.

    Parameters
    ----------
    residuals : (n,) or (n, B) float array
        v - u: positive where the unit does better than the frontier.
    sigma_u : float or (B,) float array
    sigma_v : float, (n,), (B,) or (n, B) float array
        The noise, with what is known of it; broadcast with the residuals. Not 0 where sigma_u is.

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


@accepts(
    centre=_VALUES,
    spread=Numbers("not negative", minimum=0, dimensions=(1, 2)),
    probability=Numbers("between 0 and 1", minimum=0, maximum=1, dimensions=(0, 1, 2)),
)
def conditional_quantile(
    centre: np.ndarray, spread: np.ndarray, probability: float | np.ndarray
) -> np.ndarray:
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


@accepts(statistic=Number(), distribution=OneOf(DISTRIBUTIONS))
def mixed_chi_square_p(statistic: float, distribution: str = "half_normal") -> float:
    """p-value of the likelihood-ratio test of no inefficiency (see `FrontierResult.lr_p_value`)."""
    if statistic <= 0:
        return 1.0
    first = special.chdtrc(1, statistic)
    if distribution == "truncated_normal":
        return float(0.5 * first + 0.5 * special.chdtrc(2, statistic))
    return float(0.5 * first)
