"""The benchmark indicator, expected over observed mean duration, and its uncertainty.

The indicator of a municipality is the mean expected duration of its spells under the national Cox models,
over the area under its own Kaplan-Meier curve, both on 0..156 weeks; above 1 is better than expected (report,
section 2.1.3.2, with the exponent of appendix 3 where it belongs: S0(t)^exp(x b)).

Its uncertainty is the infinitesimal jackknife: the derivative of the indicator by the weight of each spell,
through both Cox fits, both product-limit baselines, the expectation and Kaplan-Meier, added up within
persons. Treating the expected duration as known would make the standard errors about 30 % too large, since
expected and observed duration share the case mix.

Notes
-----
Jaeckel (1972) and Efron (1982) for the infinitesimal jackknife; Lin & Wei (1989) for its use with clustered
Cox scores; Benjamini & Hochberg (1995) for the false-discovery rate. The derivatives are exact for Breslow
ties, those of the report. Under Efron ties those of the coefficients are R's residuals (`cox`), which leave
out what a weight does to the mean weight of a week's ties. `efron_results` shows what Efron's (1977) would
change. The derivatives are made for some thousand spells at a time, all of a person together, and only their
cross products are kept.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd
from scipy import sparse, special

from vfm.statistics import cox, kaplan_meier
from vfm.statistics.arguments import (
    WEEKS,
    WEIGHTS,
    WINDOW,
    InputError,
    Numbers,
    Result,
    Truth,
    accepts,
)
from vfm.statistics.cox.names import FITS, ONE_OF_TIES, SPELLS
from vfm.statistics.frames import stacked, typed
from vfm.statistics.kaplan_meier import expected_durations
from vfm.statistics.normal import Z_975

_CHUNK = 1024
_FOUND = Result(("municipalities", "indicator", "covariance", "standard_errors"), "uncertainty")


@accepts(
    *("municipality", "duration", "event", "weights"),
    municipality=Numbers("indices from 0 on", minimum=0, whole=True),
    duration=WEEKS,
    event=Truth(),
    horizon=WINDOW,
    weights=WEIGHTS,
)
def observed_durations(
    municipality: np.ndarray,
    duration: np.ndarray,
    event: np.ndarray,
    *,
    horizon: int = 156,
    weights: np.ndarray | None = None,
) -> np.ndarray:
    """Kaplan-Meier restricted mean of each municipality.

    Parameters
    ----------
    municipality : (n,) int array
        Index 0..K-1.
    duration, event, weights : (n,) arrays
        As `kaplan_meier.survival`.

    Returns
    -------
    (K,) float array
        Weeks.
    """
    rows = np.bincount(municipality.astype(int))
    if none := np.count_nonzero(rows == 0):
        raise InputError(
            f"municipality has no row of {none} of the indices 0 to {len(rows) - 1}: number them anew"
        )
    out = np.empty(len(rows))
    for k in range(len(out)):
        rows = municipality == k
        w = None if weights is None else weights[rows]
        curve = kaplan_meier.survival(duration[rows], event[rows], horizon=horizon, weights=w)
        out[k] = kaplan_meier.restricted_mean(curve, horizon)
    return out


@dataclass
class Uncertainty:
    """Indicators of the K benchmarked municipalities and their joint uncertainty.

    Attributes
    ----------
    municipalities : (K,) array of str
        Codes, sorted.
    expected, observed, indicator : (K,) float arrays
        Weeks, weeks and their ratio.
    covariance : (K, K) float array
        ``influence.T @ influence``.
    influence : (persons, K) float array
        Derivative of each indicator by the weight of each person (all her spells together), made when asked
        for; persons in the order of their first spell_id.
    """

    municipalities: np.ndarray
    expected: np.ndarray
    observed: np.ndarray
    indicator: np.ndarray
    covariance: np.ndarray
    _influence: Callable = field(repr=False)  # iterates over its blocks of rows

    @property
    def influence(self) -> np.ndarray:
        """(persons, K) derivatives of the indicators by the weight of each person."""
        return np.concatenate(list(self._influence()))

    @property
    def standard_errors(self) -> np.ndarray:
        """(K,) standard errors of the indicators."""
        return np.sqrt(np.diag(self.covariance))


def _cumulative(times, q, horizon):
    """Cumulative baseline hazard at weeks 0..horizon - 1 from the contributions at `times`."""
    steps = np.zeros(horizon + 1)
    inside = times <= horizon
    np.add.at(steps, times[inside].astype(int), q[inside])
    return np.cumsum(steps)[:horizon]


class _Expectation:
    """Sums of expected durations of one sex by municipality, and their derivatives by the weight of a spell.

    Rows are in the sorted order of the fit; `municipality` (n,) holds 0..size - 1, or -1 for spells that are
    not profiled. Everything refers to a row with the mean covariates: the survival of a row is the same power
    of that baseline as of any other.

    Attributes
    ----------
    totals : (size,) float array
        Sums of expected durations.
    expected : (n,) float array
        Expected durations, nan where not profiled.
    """

    def __init__(  # long: one derivation, of which no part stands alone
        self, result: cox.CoxResult, municipality: np.ndarray, size: int, horizon: int
    ):
        self.result = result
        fitted, use = result.rows, result.estimated
        risk, X = fitted.risk_sets, fitted.covariates
        times, q = result.baseline_hazard()
        q = q * np.exp(result.means @ result.coefficients[use])
        self.relative = e = np.where(fitted.has_hazard, np.exp(fitted.predictor), 0.0)
        weeks, n = risk.weeks, len(municipality)
        H = _cumulative(times, q, horizon)
        # expected durations and, by municipality, their derivatives by b and by each week's contribution
        self.expected, by_eta = np.full(n, np.nan), np.zeros(n)
        by_q = np.zeros((size, horizon))
        finite = np.isfinite(H)
        Hf = H[finite]
        for k, members in enumerate(_members(municipality, size)):
            falls = np.zeros(len(Hf))
            for a in range(0, len(members), _CHUNK):
                rows = members[a : a + _CHUNK]
                curve = np.exp(-e[rows, None] * Hf)
                self.expected[rows] = curve.sum(axis=1) + (e[rows] == 0) * (horizon - len(Hf))
                by_eta[rows] = -e[rows] * (curve @ Hf)
                falls += e[rows] @ curve
            # sum over weeks t >= week of sum of e S(t)^e
            by_q[k, finite] = -np.cumsum(falls[::-1])[::-1]
        member = np.flatnonzero(municipality >= 0)
        self.totals = np.bincount(municipality[member], self.expected[member], size)
        by_b = np.zeros((size, X.shape[1]))
        for rows, block in cox.blocks_of(X):
            own = np.flatnonzero(municipality[rows] >= 0)
            at = municipality[rows][own], own
            by_b += sparse.csr_matrix((by_eta[rows][own], at), (size, len(block))) @ block
        c = np.zeros((size, weeks))
        inside = (times < horizon) & np.isfinite(q)
        c[:, inside] = by_q[:, times[inside].astype(int)]
        # the week's equation F(q, b, w) = 0: derivatives by q, b and the weight of each row
        rows, week = risk.event_rows, risk.event_week
        okay = (e[rows] > 0) & np.isfinite(q[week])
        rows, week = rows[okay], week[okay]
        ee, qq = e[rows], q[week]
        v = -np.expm1(-qq * ee)
        u = 1 - v
        F_q = -np.bincount(week, ee * ee * u / v**2, weeks)
        solved = F_q < 0
        c_over = np.zeros_like(c)
        c_over[:, solved] = c[:, solved] / F_q[solved]
        self.dying, dying = np.zeros(n), np.zeros(n)
        self.dying[rows] = ee / v
        dying[rows] = ee * (v - qq * ee * u) / v**2
        dF_b = risk.weighted_sums(dying, X) - risk.from_week_on(risk.weighted_sums(e, X))
        # what `influence` adds up: the score residuals by way of the coefficients, and the week's equation
        self.by_score = result.covariance[np.ix_(use, use)] @ (by_b - c_over @ dF_b).T
        self.residual, drift, mean, own = result.score_parts
        self.drift, self.mean = drift @ self.by_score, mean @ self.by_score
        self.own = None if own is None else own @ self.by_score
        self.risk_set = np.ascontiguousarray(np.cumsum(c_over, axis=1).T)  # at risk up to the own week
        self.at_death = np.ascontiguousarray(c_over.T)

    def influence(self, rows: np.ndarray) -> np.ndarray:
        """Derivative of the sums by the weights of some rows, (rows, size).

        The members' own weights are held at 1: this is the effect through the model.
        """
        fitted = self.result.rows
        risk, relative = fitted.risk_sets, fitted.relative
        week, event = risk.week[rows], np.flatnonzero(risk.event[rows])
        event_week = week[event]
        out = cox.rows_of(fitted.covariates, rows) @ self.by_score
        out *= self.residual[rows, None]
        out += relative[rows, None] * self.drift[week]
        out += self.relative[rows, None] * self.risk_set[week]
        lost = self.mean[event_week] + self.dying[rows[event], None] * self.at_death[event_week]
        if self.own is not None:
            lost += relative[rows[event], None] * self.own[event_week]
        out[event] -= lost
        return out


def _refuse_other_spells(spells, parts):
    """Refuse fits whose rows are not the spells: an index would lead to wrong ones."""
    rows = sum(map(len, parts))
    if rows != len(spells) or not all(part.index.isin(spells.index).all() for part in parts):
        raise InputError(
            f"fits has {rows} rows and spells {len(spells)}, or others: give what cox.by_sex returns "
            "for these spells"
        )


def _members(municipality, size):
    """Rows of each municipality 0..size - 1, rising."""
    order = np.argsort(municipality, kind="stable")
    bounds = np.searchsorted(municipality[order], np.arange(size + 1))
    return [order[a:b] for a, b in zip(bounds, bounds[1:], strict=False)]


_FITS_OR_NONE = replace(FITS, optional=True)


@accepts(spells=SPELLS, window_weeks=WINDOW, ties=ONE_OF_TIES, fits=_FITS_OR_NONE)
def uncertainty(  # long: one derivation, of which no part stands alone
    spells: pd.DataFrame,
    *,
    window_weeks: int = 156,
    ties: str = "breslow",
    fits: list[cox.Fit] | None = None,
) -> Uncertainty:
    """Indicators of the benchmarked municipalities with the infinitesimal jackknife by person.

    Parameters
    ----------
    spells : DataFrame
        intermediate.int_cox_input (see `cox.by_sex`). All spells enter the Cox fits; municipalities with
        `is_benchmarked` are profiled.
    window_weeks : int
        Horizon of the areas, in weeks.
    ties : {'breslow', 'efron'}
        Handling of ties in the Cox models.
    fits : list of (sex, rows, CoxResult), optional
        Those of `cox.by_sex` for these spells; made here where they are not given.

    Returns
    -------
    Uncertainty

    Raises
    ------
    ValueError
        No benchmarked municipality, unknown ties, or a Cox input that cannot be fitted.
    """
    horizon = window_weeks
    spells = cox.in_order(spells)
    if fits is not None:
        fits = list(fits)
        _refuse_other_spells(spells, [rows for _, rows, _ in fits])
    profiled = spells["is_benchmarked"].to_numpy(bool)
    codes = np.unique(spells["municipality_code"].to_numpy(object)[profiled].astype(str))
    if not len(codes):
        raise InputError(
            "spells: no municipality has enough spells for the benchmark (is_benchmarked is false throughout)"
        )
    size = len(codes)
    municipality = np.where(
        profiled, pd.Categorical(spells["municipality_code"].astype(str), categories=codes).codes, -1
    )
    person, _ = pd.factorize(spells["person_id"].to_numpy())
    positions = pd.Series(np.arange(len(spells)), index=spells.index)
    totals, expected = np.zeros(size), np.zeros(len(spells))
    models, model, place = [], np.zeros(len(spells), int), np.zeros(len(spells), int)
    for _, rows, result in cox.by_sex(spells, ties=ties) if fits is None else fits:
        at = positions[rows.index].to_numpy()[result.rows.risk_sets.order]
        found = _Expectation(result, municipality[at], size, horizon)
        expected[at] = found.expected
        model[at], place[at] = len(models), np.arange(len(at))
        models.append(found)
        totals += found.totals
    count = np.bincount(municipality[profiled], minlength=size)
    M = totals / count
    duration = spells["duration_weeks"].to_numpy()
    event = spells["is_success"].to_numpy(bool)
    members = np.flatnonzero(profiled)
    R = observed_durations(municipality[members], duration[members], event[members], horizon=horizon)
    indicator = M / R
    own = np.zeros(len(spells))  # effect of a member's own weight on both durations
    own[members] = (expected - M[municipality])[members] / (count * R)[municipality[members]]
    for k, rows in enumerate(_members(municipality, size)):
        own[rows] -= (
            indicator[k] / R[k] * kaplan_meier.influence(duration[rows], event[rows], horizon=horizon)
        )

    def influence():
        for rows, starts in cox.grouped(person):
            block = np.empty((len(rows), size))
            for m, found in enumerate(models):
                at = np.flatnonzero(model[rows] == m)
                block[at] = found.influence(place[rows[at]])
            block /= count * R
            at = np.flatnonzero(municipality[rows] >= 0)
            block[at, municipality[rows[at]]] += own[rows[at]]
            yield np.add.reduceat(block, starts, axis=0)

    covariance = sum(block.T @ block for block in influence())
    return Uncertainty(codes, M, R, indicator, covariance, influence)


_EXPECTED = {"municipality_code": object, "expected_mean_duration_weeks": float}
_UNCERTAINTY = {
    "municipality_code": object,
    "indicator": float,
    "standard_error": float,
    "log_standard_error": float,
    "ci_low": float,
    "ci_high": float,
    "z": float,
    "p_value": float,
    "p_value_fdr": float,
}
_COVARIANCE = {"municipality_code": object, "other_municipality_code": object, "covariance": float}
#: Columns of intermediate.int_cox_results after `result`.
_RESULTS = {
    "sex": "string",
    "term": "string",
    "other_term": "string",
    "week": "Int64",
    "municipality_code": "string",
    "other_municipality_code": "string",
    "status": "string",
    "coefficient": float,
    "standard_error": float,
    "model_standard_error": float,
    "z": float,
    "p_value": float,
    "p_value_fdr": float,
    "hazard_ratio": float,
    "indicator": float,
    "log_standard_error": float,
    "ci_low": float,
    "ci_high": float,
    "covariance": float,
    "survival": float,
    "mean": float,
    "value_with_events": float,
}
#: Columns of intermediate.int_efron_results after `result`.
_EFRON_RESULTS = {
    "sex": "string",
    "term": "string",
    "municipality_code": "string",
    "breslow_coefficient": float,
    "efron_coefficient": float,
    "efron_standard_error": float,
    "proportional_hazards_statistic": float,
    "proportional_hazards_p_value": float,
    "expected_mean_duration_weeks": float,
}


@accepts(spells=SPELLS, window_weeks=WINDOW, ties=ONE_OF_TIES)
def cox_results(spells: pd.DataFrame, window_weeks: int = 156, ties: str = "breslow") -> pd.DataFrame:
    """Rows of intermediate.int_cox_results: the Cox models, fitted once, and all that follows from them.

    Parameters
    ----------
    spells, window_weeks, ties
        As `uncertainty`.

    Returns
    -------
    DataFrame
        By `result`: 'coefficients' (`cox.coefficients_table`), 'covariances' (`cox.covariance_table`),
        'baseline' (`cox.baseline_table`), 'indicators' (`uncertainty_table`) and 'indicator_covariances'
        (`indicator_covariance_table`). No rows in, no rows out.
    """
    if not len(spells):
        return stacked({}, _RESULTS)
    fits = list(cox.by_sex(spells, ties=ties))
    found = uncertainty(spells, window_weeks=window_weeks, fits=fits)
    return stacked(
        {
            "coefficients": cox.coefficients_table(fits),
            "covariances": cox.covariance_table(fits),
            "baseline": cox.baseline_table(fits, window_weeks),
            "indicators": uncertainty_table(found),
            "indicator_covariances": indicator_covariance_table(found),
        },
        _RESULTS,
    )


@accepts(spells=SPELLS, window_weeks=WINDOW, ties=ONE_OF_TIES)
def efron_results(spells: pd.DataFrame, window_weeks: int = 156, ties: str = "breslow") -> pd.DataFrame:
    """Rows of intermediate.int_efron_results: the Cox models with Efron's ties, fitted once.

    Parameters
    ----------
    spells, window_weeks
        As `uncertainty`.
    ties : {'breslow', 'efron'}
        Those of `cox_results`, whose coefficients stand beside Efron's.

    Returns
    -------
    DataFrame
        By `result`: 'terms' (`cox.hazard_tests_table`), 'municipalities' (`expected_table`) and, unless
        `cox_results` has them, 'breslow_terms': sex, term and breslow_coefficient. No rows in, no rows out.
    """
    if not len(spells):
        return stacked({}, _EFRON_RESULTS)
    fits = list(cox.by_sex(spells, ties="efron"))
    tables = {"terms": cox.hazard_tests_table(fits), "municipalities": expected_table(fits, window_weeks)}
    if ties != "breslow":
        breslow = cox.coefficients_table(cox.by_sex(spells, ties="breslow"))
        breslow = breslow.rename(columns={"coefficient": "breslow_coefficient"})
        tables["breslow_terms"] = breslow[["sex", "term", "breslow_coefficient"]]
    return stacked(tables, _EFRON_RESULTS)


@accepts(fits=FITS, window_weeks=WINDOW)
def expected_table(fits: Iterable[cox.Fit], window_weeks: int = 156) -> pd.DataFrame:
    """Mean expected durations of the benchmarked municipalities.

    Parameters
    ----------
    fits : iterable of (sex, rows, CoxResult)
        See `cox.by_sex`.
    window_weeks : int
        Horizon of the areas, in weeks.

    Returns
    -------
    DataFrame
        municipality_code and expected_mean_duration_weeks, the mean over its spells.
    """
    weeks, parts = np.arange(window_weeks), []
    for _, rows, result in fits:
        with np.errstate(divide="ignore"):  # a survival of 0 is an infinite hazard
            hazard = -np.log(result.baseline_survival(weeks))
        expected = rows[["municipality_code", "is_benchmarked"]].assign(
            expected_mean_duration_weeks=expected_durations(result.linear_predictor, hazard)
        )
        parts.append(expected[expected.pop("is_benchmarked").astype(bool)])
    if not parts:
        return typed([], _EXPECTED)
    return typed([pd.concat(parts).groupby("municipality_code", as_index=False).mean()], _EXPECTED)


@accepts(found=_FOUND)
def uncertainty_table(found: Uncertainty) -> pd.DataFrame:
    """Rows of benchmark.indicator_uncertainty.

    Parameters
    ----------
    found : Uncertainty

    Returns
    -------
    DataFrame
        One row per benchmarked municipality. The interval is ``indicator exp(+-1.96 log_standard_error)``; z
        and p test indicator = 1 on the log scale, two-sided; `p_value_fdr` is adjusted by Benjamini-Hochberg
        over the municipalities. Where the standard error is 0 there is no test (missing).
    """
    from statsmodels.stats.multitest import multipletests  # slow to import, and the workers do without

    se = found.standard_errors
    log_se = se / found.indicator
    z = np.divide(np.log(found.indicator), log_se, out=np.full_like(log_se, np.nan), where=log_se > 0)
    p = 2 * special.ndtr(-np.abs(z))
    adjusted = np.full_like(p, np.nan)
    tested = np.isfinite(p)
    if tested.any():
        adjusted[tested] = multipletests(p[tested], method="fdr_bh")[1]
    row = {
        "municipality_code": found.municipalities,
        "indicator": found.indicator,
        "standard_error": se,
        "log_standard_error": log_se,
        "ci_low": found.indicator * np.exp(-Z_975 * log_se),
        "ci_high": found.indicator * np.exp(Z_975 * log_se),
        "z": z,
        "p_value": p,
        "p_value_fdr": adjusted,
    }
    return typed([row], _UNCERTAINTY)


@accepts(found=_FOUND)
def indicator_covariance_table(found: Uncertainty) -> pd.DataFrame:
    """Rows of benchmark.indicator_covariance, one per ordered pair of municipalities.

    Parameters
    ----------
    found : Uncertainty

    Returns
    -------
    DataFrame
    """
    size = len(found.municipalities)
    row = {
        "municipality_code": np.repeat(found.municipalities, size),
        "other_municipality_code": np.tile(found.municipalities, size),
        "covariance": found.covariance.ravel(),
    }
    return typed([row], _COVARIANCE)
