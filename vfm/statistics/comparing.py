"""Comparing municipalities fairly: dispersion beyond chance, and ranks that are honest about chance.

All of it works on the logarithm of the benchmark indicator, whose errors are close to normal, and takes the
standard errors or covariances of `indicator` as known. Funnel limits and shrunken indicators follow from
the constants of `dispersion_table` by formulas that the warehouse writes in SQL.

Notes
-----
Spiegelhalter (2005a, Statistics in Medicine 24; 2005b, Quality and Safety in Health Care 14) for funnel plots
and additive over-dispersion; Paule & Mandel (1982) and DerSimonian & Laird (1986) for the variance between
municipalities; Morris (1983) for empirical Bayes; Mogstad, Romano, Shaikh & Wilhelm (2024) for ranks.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import special

from vfm.statistics.arguments import (
    ANY,
    POSITIVE,
    InputError,
    Labels,
    Number,
    Numbers,
    Table,
    Whole,
    accepts,
)
from vfm.statistics.frames import typed

_DISPERSION = {
    "municipalities": "int64",
    "winsorised_share": float,
    "phi": float,
    "phi_winsorised": float,
    "funnel_tau_squared": float,
    "q_statistic": float,
    "q_p_value": float,
    "i_squared": float,
    "mean_log_indicator": float,
    "mean_log_standard_error": float,
    "tau_squared": float,
    "tau_squared_standard_error": float,
    "tau_squared_dersimonian_laird": float,
}
_RANK_SETS = {
    "municipality_code": object,
    "rank": "int64",
    "marginal_rank_low": "int64",
    "marginal_rank_high": "int64",
    "rank_low": "int64",
    "rank_high": "int64",
    "simultaneous_rank_low": "int64",
    "simultaneous_rank_high": "int64",
    "level": float,
    "draws": "int64",
}


#: Covariances of the indicators (benchmark.indicator_covariance).
COVARIANCES = Table(
    {"municipality_code": Labels(), "other_municipality_code": Labels(), "covariance": ANY},
    key=("municipality_code", "other_municipality_code"),
)
_INDICATORS = {"municipality_code": Labels(), "indicator": POSITIVE}
_LEVEL = Number(0, 1)
_WINSORISED = Number(0, 0.5, closed=True)


@accepts(
    "estimates",
    "standard_errors",
    estimates=ANY,
    standard_errors=POSITIVE,
    target=Number(),
    winsorised_share=_WINSORISED,
)
def over_dispersion(
    estimates: np.ndarray,
    standard_errors: np.ndarray,
    *,
    target: float = 0.0,
    winsorised_share: float = 0.1,
) -> tuple[float, float, float]:
    """Over-dispersion of estimates around a target, and the variance that explains it.

    Parameters
    ----------
    estimates, standard_errors : (n,) float arrays
        Estimates and their known standard errors, above 0.
    target : float
        What each estimate would be without any difference between units.
    winsorised_share : float
        Share of the z-values drawn in at either end, 0-0.5, so that a few outliers do not make the limits
        wide enough to hold themselves.

    Returns
    -------
    phi, phi_winsorised : float
        Mean squared z, before and after drawing in; 1 (and somewhat less after) without over-dispersion.
    tau_squared : float
        Additive variance by the method of moments, 0 where phi_winsorised shows no over-dispersion.

    Raises
    ------
    ValueError
        Fewer than 2 estimates, missing values, standard errors not above 0, or a share outside 0-0.5.

    Notes
    -----
    Spiegelhalter (2005b): ``tau^2 = (n phi - (n - 1)) / (sum w - sum w^2 / sum w)``, w
    = 1 / s^2. Drawing in also takes variance from normal z-values (a tenth at either end leaves 0.68), so
    moderate over-dispersion goes unseen: the limits lean towards pointing out too many units.
    """
    s, n = standard_errors, len(estimates)
    if n < 2:
        raise InputError(f"estimates has {n} row: over-dispersion needs at least 2 estimates")
    z = (estimates - target) / s
    drawn_in = np.clip(z, *np.quantile(z, [winsorised_share, 1 - winsorised_share]))
    phi, phi_winsorised = float(np.mean(z**2)), float(np.mean(drawn_in**2))
    w = 1 / s**2
    tau_squared = max(0.0, (n * phi_winsorised - (n - 1)) / (w.sum() - (w**2).sum() / w.sum()))
    return phi, phi_winsorised, float(tau_squared)


@accepts(
    indicators=Table(
        _INDICATORS | {"log_standard_error": Numbers("not negative, or missing", minimum=0, gaps=True)},
        key=("municipality_code",),
    ),
    winsorised_share=_WINSORISED,
)
def dispersion_table(indicators: pd.DataFrame, winsorised_share: float = 0.1) -> pd.DataFrame:
    """Row of benchmark.indicator_dispersion: how much the indicators differ beyond chance.

    Parameters
    ----------
    indicators : DataFrame
        benchmark.indicator_uncertainty: municipality_code, indicator, log_standard_error. Municipalities
        without a standard error are left out.
    winsorised_share : float
        See `over_dispersion`.

    Returns
    -------
    DataFrame
        One row, or none where fewer than 2 municipalities have a standard error.

    Notes
    -----
    `tau_squared` is Paule & Mandel's: the variance at which ``Q = sum (y - mean)^2 / (s^2 + tau^2)`` equals n
    - 1 (statsmodels ``combine_effects``). Its standard error is that of the estimating equation, ``sqrt(2 (n
    - 1)) / sum 1 / (s^2 + tau^2)``. `q_statistic` is Cochran's Q around the precision-weighted mean, with n -
    1 degrees of freedom; `i_squared` = 1 - (n - 1) / Q (Higgins & Thompson 2002).
    """
    data = indicators[indicators["log_standard_error"] > 0].sort_values("municipality_code", kind="stable")
    n = len(data)
    if n < 2:
        return typed([], _DISPERSION)
    from statsmodels.stats.meta_analysis import combine_effects  # slow to import

    y, s = np.log(data["indicator"].to_numpy(float)), data["log_standard_error"].to_numpy(float)
    phi, phi_winsorised, funnel = over_dispersion(y, s, winsorised_share=winsorised_share)
    w = 1 / s**2
    q = float(w @ (y - w @ y / w.sum()) ** 2)
    tau_squared = float(combine_effects(y, s**2, method_re="iterated").tau2)
    total = 1 / (s**2 + tau_squared)
    row = {
        "municipalities": n,
        "winsorised_share": winsorised_share,
        "phi": phi,
        "phi_winsorised": phi_winsorised,
        "funnel_tau_squared": funnel,
        "q_statistic": q,
        "q_p_value": float(special.chdtrc(n - 1, q)),
        "i_squared": max(0.0, 1 - (n - 1) / q) if q > 0 else 0.0,
        "mean_log_indicator": float(total @ y / total.sum()),
        "mean_log_standard_error": float(1 / np.sqrt(total.sum())),
        "tau_squared": tau_squared,
        "tau_squared_standard_error": float(np.sqrt(2 * (n - 1)) / total.sum()),
        "tau_squared_dersimonian_laird": float(max(0.0, combine_effects(y, s**2, method_re="dl").tau2)),
    }
    return typed([pd.DataFrame([row])], _DISPERSION)


@accepts(covariance=Numbers(dimensions=(2,), empty=True))
def symmetric_root(covariance: np.ndarray) -> np.ndarray:
    """Symmetric square root of a covariance (p, p), unique and so the same on every machine.

    Raises
    ------
    ValueError
        Not square, not symmetric, or with an eigenvalue clearly below 0.
    """
    V = covariance
    if V.shape[0] != V.shape[1]:
        raise InputError(f"a covariance is square, not of shape {V.shape}: give one row and column a unit")
    size = np.abs(V).max(initial=0.0)
    if not np.allclose(V, V.T, rtol=0, atol=1e-8 * size):
        raise InputError("a covariance is symmetric; this one is not: are its rows and columns in one order?")
    values, vectors = np.linalg.eigh((V + V.T) / 2)
    if values.min(initial=0.0) < -1e-8 * size:
        raise InputError("a covariance has no negative eigenvalue; this one has: is it complete?")
    return (vectors * np.sqrt(np.maximum(values, 0.0))) @ vectors.T


def _quantile(values, level):
    """The smallest value that at least the share `level` of the draws do not exceed."""
    return np.sort(values)[min(int(np.ceil(level * len(values))), len(values)) - 1]


@accepts(
    "estimates",
    "covariance",
    estimates=ANY,
    covariance=Numbers(dimensions=(2,)),
    level=_LEVEL,
    draws=Whole(1),
    seed=Whole(0),
)
def rank_sets(  # long: both kinds of sets come from the same draws
    estimates: np.ndarray,
    covariance: np.ndarray,
    *,
    level: float = 0.95,
    draws: int = 4999,
    seed: int = 0,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Confidence sets for the ranks of p units, rank 1 = highest.

    Unit j ranks below every unit that is surely higher and above every unit that is surely lower. "Surely" is
    a multiple test of all differences: for a marginal set of the differences between j and the others, for
    the simultaneous sets of all pairs, each stepping down to the pairs not yet decided.

    Parameters
    ----------
    estimates : (p,) float array
    covariance : (p, p) float array
        Their covariance.
    level : float
        Coverage: of the true rank of one unit (marginal), of all true ranks at once (simultaneous).
    draws : int
        Normal draws of the differences over their standard errors.
    seed : int

    Returns
    -------
    marginal : (p, 2) int array
        Lowest and highest rank of each unit.
    simultaneous : (p, 2) int array
    critical_values : (2,) float array
        Of the first step: the mean over units of the marginal ones, and the simultaneous one.

    Raises
    ------
    ValueError
        Fewer than 2 units, missing values, no covariance, level outside 0-1 or fewer than 1 draw.

    Notes
    -----
    Mogstad, Romano, Shaikh & Wilhelm (2024), with the stepwise improvement of Romano & Wolf (2005). The
    family tested is ``theta_j <= theta_k`` over ordered pairs, so deciding a pair leaves its reverse, a true
    hypothesis, in the family, and errors of direction are controlled. Two units whose difference has no
    variance are distinguished by the estimates alone.
    """
    theta, V, p = estimates, covariance, len(estimates)
    if p < 2:
        raise InputError(f"estimates has {p} row: ranks need at least 2 units")
    root = symmetric_root(V)
    variance = np.diag(V)[:, None] + np.diag(V) - 2 * V
    certain = variance <= 1e-12 * max(np.diag(V).max(), 1e-300)
    scale = np.where(certain, np.inf, np.sqrt(np.maximum(variance, 0.0)))
    difference = theta[:, None] - theta
    T = difference / scale
    noise = root @ np.random.default_rng(seed).standard_normal((p, draws))
    # decided[j, k]: j is surely above k. An open pair stays in the family, also the reverse of a decided one.
    marginal, first = np.empty((p, 2), int), np.empty(p)
    joint = np.full(draws, -np.inf)
    for j in range(p):
        drawn = (noise[j] - noise) / scale[j][:, None]
        largest = np.abs(drawn).max(axis=0)
        joint = np.maximum(joint, largest)
        critical = first[j] = _quantile(largest, level)
        above, below = critical < T[j], critical < T[:, j]
        while above.any() or below.any():
            largest = np.maximum(drawn[~above].max(axis=0), -drawn[~below].min(axis=0))
            critical = _quantile(largest, level)
            more_above, more_below = critical < T[j], critical < T[:, j]
            if (more_above <= above).all() and (more_below <= below).all():
                break
            above, below = above | more_above, below | more_below
        below |= certain[j] & (difference[j] < 0)
        above |= certain[j] & (difference[j] > 0)
        marginal[j] = 1 + below.sum(), p - above.sum()
    critical = together = _quantile(joint, level)
    decided = critical < T
    while decided.any():
        joint = np.full(draws, -np.inf)
        for j in range(p - 1):
            drawn = (noise[j] - noise[j + 1 :]) / scale[j, j + 1 :, None]
            above, below = decided[j, j + 1 :], decided[j + 1 :, j]
            joint = np.maximum(joint, drawn[~above].max(axis=0, initial=-np.inf))
            joint = np.maximum(joint, -drawn[~below].min(axis=0, initial=np.inf))
        critical = _quantile(joint, level)
        more = critical < T
        if (more <= decided).all():
            break
        decided |= more
    decided |= certain & (difference > 0)
    simultaneous = np.column_stack([1 + decided.sum(axis=0), p - decided.sum(axis=1)])
    return marginal, simultaneous, np.array([first.mean(), together])


@accepts(
    indicators=Table(_INDICATORS, key=("municipality_code",)),
    covariances=COVARIANCES,
    draws=Whole(1),
    seed=Whole(0),
    level=_LEVEL,
)
def rank_sets_table(
    indicators: pd.DataFrame,
    covariances: pd.DataFrame,
    draws: int = 4999,
    seed: int = 0,
    level: float = 0.95,
) -> pd.DataFrame:
    """Rows of benchmark.rank_sets, one per municipality.

    Parameters
    ----------
    indicators : DataFrame
        benchmark.indicator_uncertainty: municipality_code, indicator.
    covariances : DataFrame
        benchmark.indicator_covariance: municipality_code, other_municipality_code, covariance.
    draws, seed, level
        See `rank_sets`; the differences are those of the log indicators.

    Returns
    -------
    DataFrame
        `rank` is that of the indicator, 1 = highest; of equals the lower code first.
    """
    data = indicators.sort_values("municipality_code", kind="stable").reset_index(drop=True)
    p = len(data)
    if not p:
        return typed([], _RANK_SETS)
    value, V = data["indicator"].to_numpy(float), covariance_matrix(data["municipality_code"], covariances)
    marginal, simultaneous = np.ones((1, 2), int), np.ones((1, 2), int)
    if p > 1:
        marginal, simultaneous, _ = rank_sets(
            np.log(value), V / np.outer(value, value), level=level, draws=draws, seed=seed
        )
    rank = np.empty(p, int)
    rank[np.argsort(-value, kind="stable")] = np.arange(1, p + 1)
    row = {
        "municipality_code": data["municipality_code"],
        "rank": rank,
        "marginal_rank_low": marginal[:, 0],
        "marginal_rank_high": marginal[:, 1],
        "rank_low": marginal[:, 0],  # as benchmark_indicators calls them
        "rank_high": marginal[:, 1],
        "simultaneous_rank_low": simultaneous[:, 0],
        "simultaneous_rank_high": simultaneous[:, 1],
        "level": level,
        "draws": draws,
    }
    return typed([row], _RANK_SETS)


@accepts(codes=Labels(), covariances=COVARIANCES)
def covariance_matrix(codes: np.ndarray, covariances: pd.DataFrame) -> np.ndarray:
    """Covariance (p, p) of the municipalities `codes` (p,), in their order.

    Parameters
    ----------
    codes : (p,) array of str
    covariances : DataFrame
        benchmark.indicator_covariance.

    Raises
    ------
    ValueError
        If a pair is missing.
    """
    wide = covariances.pivot(
        index="municipality_code", columns="other_municipality_code", values="covariance"
    ).reindex(index=codes, columns=codes)
    if wide.isna().to_numpy().any():
        missing = wide.index[wide.isna().any(axis=1)].tolist()
        raise InputError(
            f"covariances lacks municipality {', '.join(map(str, missing[:5]))}, {len(missing)} of "
            f"{len(wide)} "
            "in all: give those of the same build"
        )
    return wide.to_numpy(float)


@accepts(indicators=Numbers(dimensions=(2,), infinite=True, empty=True))
def ranks(indicators: np.ndarray) -> np.ndarray:
    """Ranks 1 (highest) .. K of each row; ties by column order.

    Parameters
    ----------
    indicators : (R, K) float array

    Returns
    -------
    (R, K) int array
    """
    order = np.argsort(-indicators, axis=1, kind="stable")
    out = np.empty_like(order)
    np.put_along_axis(out, order, np.broadcast_to(np.arange(1, order.shape[1] + 1), order.shape), axis=1)
    return out


@accepts(
    ranks=Numbers("whole numbers from 1 on", minimum=1, whole=True, dimensions=(0, 1, 2), empty=True),
    size=Whole(1),
)
def quintiles(ranks: np.ndarray, size: int) -> np.ndarray:
    """Quintile 1 (most successful) .. 5 of each rank among `size`, as even as possible.

    What cannot be shared evenly goes to the last ones, as in the macro `quintile`: 92 municipalities give 18,
    18, 18, 19 and 19.

    Parameters
    ----------
    ranks : int array
        From 1 to `size`.
    size : int

    Returns
    -------
    int array
        In the shape of `ranks`.
    """
    if above := np.count_nonzero(ranks > size):
        raise InputError(
            f"ranks must be at most {size}; {above} of {ranks.size} are not: give the number of all"
        )
    small, extra = divmod(size, 5)
    bounds = np.cumsum([small + (q >= 5 - extra) for q in range(5)])
    return np.searchsorted(bounds, ranks, side="left") + 1
