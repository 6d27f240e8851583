"""The total error of the expenditure indicators: that of a few years and that of the expectation.

The report's own interval knows the scatter of a municipality's years alone, and not that the cost need it is
measured against is estimated. Here both errors are in one interval, and a test of the indicator against 1.

Notes
-----
Cameron, Gelbach & Miller (2008) for resampling municipalities with all their years; Smyth (2004) for the
moderated variance of the years and its degrees of freedom; Satterthwaite (1946) for those of the sum.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.multitest import multipletests

from vfm.statistics import cost_need
from vfm.statistics.arguments import InputError, Labels, Result, Seed, Table, Whole, accepts
from vfm.statistics.frames import typed
from vfm.statistics.indicator_draws import (
    common_variance,
    laid_out,
    moderated_variances,
    resampled_expectations,
)
from vfm.statistics.normal import Z_975

_CODES = Table({"municipality_code": Labels()}, key=("municipality_code",))
_COLUMNS = {
    "analysis": object,
    "municipality_code": object,
    "total_standard_error": float,
    "ci_low": float,
    "ci_high": float,
    "p_value": float,
    "p_value_fdr": float,
    "uncertainty_reason": object,
}
YEARS_UNKNOWN = "no_years_that_differ"
NEAR_ZERO = "expectation_near_zero"


@accepts(
    cells=cost_need.CELLS,
    codes=Labels(),
    coefficients=Result(("index", "to_numpy", "searchsorted"), "cost_need.main_coefficients"),
    draws=Whole(1),
    seed=Seed(),
)
def total_errors(
    cells: pd.DataFrame,
    codes: np.ndarray,
    coefficients: pd.Series,
    *,
    draws: int = 999,
    seed: int | np.random.SeedSequence = 0,
) -> pd.DataFrame:
    """Standard error, 95 % interval and test of some municipalities' expenditure indicators.

    Parameters
    ----------
    cells : DataFrame
        intermediate.int_cost_need_input, or that of the supplementary analysis.
    codes : (K,) array of str
        Municipalities whose indicators are wanted. The false discovery rate is over them.
    coefficients, draws, seed
        As `indicator_draws.expenditure_draws`.

    Returns
    -------
    DataFrame
        In the order of `codes`: municipality_code, total_standard_error, ci_low and ci_high, p_value
        (two-sided, for an indicator of 1), p_value_fdr (Benjamini & Hochberg 1995), and uncertainty_reason,
        which is missing unless the others are: `no_years_that_differ` (nothing tells how years scatter),
        `expectation_near_zero` (draws of the expectation reach 0, or scatter the indicator by as much as it
        is).

    Raises
    ------
    ValueError
        A municipality without a cell, or terms that resampling makes collinear more often than not.

    Notes
    -----
    The squared error is v + s^2 / n: v of the expectation, from the width that 95 % of the draws have, s^2
    the moderated variance of the n years, with d0 + n - 1 degrees of freedom. The interval is Student's t on
    the log scale. Years in which the model expects nothing, or less, are left out, as they are of the
    indicator.
    """
    X, y, group, place, fitted = laid_out(cells, codes, coefficients)
    member = (group == np.arange(group.max() + 1)[:, None]) * (fitted > 0.0)
    years = member.sum(axis=1)
    ratio = y / np.where(fitted > 0, fitted, np.inf)
    value = member @ ratio / np.maximum(years, 1)
    degrees = np.maximum(years - 1, 0)
    own = (member * (ratio - value[:, None]) ** 2).sum(axis=1) / np.maximum(degrees, 1)
    reason = np.where(years > 0, None, NEAR_ZERO).astype(object)[place]
    try:
        _, d0 = common_variance(own, degrees)
    except InputError:
        reason[[known is None for known in reason]] = YEARS_UNKNOWN
        return _rows(codes, value[place], np.full(len(place), np.nan), np.ones(len(place)), reason)
    of_years = (moderated_variances(own, degrees) / np.maximum(years, 1))[place]
    resample, _ = np.random.default_rng(seed).bit_generator.seed_seq.spawn(2)
    drawn = resampled_expectations(X, y, group, draws, resample, positive=False)
    spread = _spread(y, drawn, member[place], years[place])
    reason[~(spread < np.maximum(value[place], 0.0))] = NEAR_ZERO
    error = np.where([known is None for known in reason], np.sqrt(spread**2 + of_years), np.nan)
    return _rows(codes, value[place], error, (d0 + degrees[place]) * (error**2 / of_years) ** 2, reason)


def _spread(y, drawn, member, years):
    """Standard error of indicators from draws of the expectation: infinite if many of those reach 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        ratio = y / np.maximum(drawn, 0.0)
    out = np.empty(len(member))
    for k, rows in enumerate(member.astype(bool)):
        means = ratio[:, rows].sum(axis=1) / max(years[k], 1)
        low, high = np.quantile(means, [0.025, 0.975], method="nearest")
        out[k] = (high - low) / (2 * Z_975) if np.isfinite(high) else np.inf
    return out


def _rows(codes, value, error, freedom, reason):
    """Rows of `total_errors` from indicators, their standard errors (nan where there is a reason) and t."""
    known = ~np.isnan(error)
    value, freedom = np.where(known, value, 1.0), np.where(known, freedom, 1.0)
    reach = stats.t.ppf(0.975, freedom) * error / value
    p = 2 * stats.t.sf(np.abs(np.log(value)) * value / error, freedom)
    adjusted = np.full(len(p), np.nan)
    if known.any():
        adjusted[known] = multipletests(p[known], method="fdr_bh")[1]
    return pd.DataFrame(
        {
            "municipality_code": codes,
            "total_standard_error": error,
            "ci_low": value * np.exp(-reach),
            "ci_high": value * np.exp(reach),
            "p_value": p,
            "p_value_fdr": adjusted,
            "uncertainty_reason": reason,
        }
    )


@accepts(
    cells=cost_need.CELLS,
    supplementary_cells=cost_need.CELLS,
    cost_need_results=Table({"analysis": Labels(), "result": Labels()}),
    municipalities=_CODES,
    supplementary_municipalities=_CODES,
    draws=Whole(1),
    seed=Whole(0),
)
def total_errors_table(
    cells: pd.DataFrame,
    supplementary_cells: pd.DataFrame,
    cost_need_results: pd.DataFrame,
    municipalities: pd.DataFrame,
    supplementary_municipalities: pd.DataFrame,
    draws: int = 999,
    seed: int = 0,
) -> pd.DataFrame:
    """Rows of intermediate.int_expenditure_errors.

    Parameters
    ----------
    cells, supplementary_cells : DataFrame
        intermediate.int_cost_need_input and int_supplementary_cost_need_input.
    cost_need_results : DataFrame
        intermediate.int_cost_need_results, which has the coefficients of both models.
    municipalities, supplementary_municipalities : DataFrame
        municipality_code of those with an indicator.
    draws, seed : int
        As for `indicator_draws.draws_table`: the main analysis resamples the same municipalities.

    Returns
    -------
    DataFrame
        `total_errors` of each `analysis`, 'main' and 'supplementary'. No municipalities in, no rows out.
    """
    parts = []
    for analysis, own, wanted in (
        ("main", cells, municipalities),
        ("supplementary", supplementary_cells, supplementary_municipalities),
    ):
        if not len(wanted):
            continue
        coefficients = cost_need.main_coefficients(cost_need_results, analysis)
        codes = wanted["municipality_code"].sort_values().to_numpy(object)
        _, second = np.random.SeedSequence(seed).spawn(2)
        found = total_errors(own, codes, coefficients, draws=draws, seed=second)
        parts.append(found.assign(analysis=analysis))
    return typed(parts, _COLUMNS)
