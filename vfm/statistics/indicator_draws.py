"""Draws of both indicators of the second stage, which carry the errors of both.

The benchmark indicators come with their covariance (infinitesimal jackknife). The expenditure indicators err
in two ways: the cost-need model is estimated, for which municipalities are resampled with all their years,
and a mean over up to five years is not the municipality's level. The errors of the two indicators are taken
as independent: one is about when persons find work, the other about accounts.

Notes
-----
Cameron, Gelbach & Miller (2008) for resampling clusters; Smyth (2004) for moderated variances.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import special

from vfm.statistics import cost_need
from vfm.statistics.arguments import (
    ANY,
    NOT_NEGATIVE,
    POSITIVE,
    Flag,
    InputError,
    Labels,
    Number,
    Numbers,
    Result,
    Seed,
    Table,
    Whole,
    accepts,
)
from vfm.statistics.comparing import COVARIANCES, covariance_matrix, symmetric_root
from vfm.statistics.frames import typed
from vfm.statistics.regression import MUNICIPALITIES

#: Draws of both indicators (intermediate.int_indicator_draws).
DRAWS = Table(
    {
        "draw": Numbers("whole numbers from 0 on", minimum=0, whole=True),
        "municipality_code": Labels(),
        "benchmark_indicator": POSITIVE,
        "expenditure_indicator": ANY,
        "expected_dkk": POSITIVE,
    },
    key=("draw", "municipality_code"),
)
_DRAWS = {
    "draw": "int64",
    "municipality_code": object,
    "benchmark_indicator": float,
    "expenditure_indicator": float,
    "expected_dkk": float,
}


@accepts(value=Number(0))
def inverse_trigamma(value: float) -> float:
    """x > 0 with trigamma(x) = value > 0, by Newton's method on its reciprocal (Smyth 2004, appendix)."""
    x = 0.5 + 1 / value
    for _ in range(50):
        tri = special.polygamma(1, x)
        step = tri * (1 - tri / value) / special.polygamma(2, x)
        x += step
        if abs(step) < 1e-12 * x:
            break
    return float(x)


@accepts("variances", "degrees", variances=Numbers(gaps=True), degrees=NOT_NEGATIVE)
def common_variance(variances: np.ndarray, degrees: np.ndarray) -> tuple[float, float]:
    """The value that sample variances scatter around by more than chance, and how much it weighs.

    Parameters
    ----------
    variances : (n,) float array
        Sample variances; ignored where degrees are 0.
    degrees : (n,) int array
        Their degrees of freedom, 0 or more.

    Returns
    -------
    s0^2 : float
    d0 : float
        Its degrees of freedom; without end if the variances scatter no more than by chance.

    Raises
    ------
    ValueError
        No variance above 0 with degrees of freedom.

    Notes
    -----
    Smyth (2004), section 6.2: moments of the log variances, which are scaled log F.
    """
    s2, d = variances, degrees
    known = d > 0
    if wrong := np.count_nonzero(~(s2[known] >= 0)):
        raise InputError(
            f"variances must not be negative or missing; {wrong} of {known.sum()} rows are: look at them"
        )
    if not (known.any() and s2[known].max() > 0):
        raise InputError("no municipality has two years that differ, so the yearly variation is unknown")
    x, dk = s2[known], d[known]
    x = np.maximum(x, 1e-5 * np.median(x[x > 0]))
    e = np.log(x) - special.digamma(dk / 2) + np.log(dk / 2)
    spread = (e.var(ddof=1) if len(e) > 1 else 0.0) - special.polygamma(1, dk / 2).mean()
    if spread > 0:
        d0 = 2 * inverse_trigamma(spread)
        return float(np.exp(e.mean() + special.digamma(d0 / 2) - np.log(d0 / 2))), d0
    return float(np.exp(e.mean())), np.inf  # no more scatter than chance: one variance for all


@accepts("variances", "degrees", variances=Numbers(gaps=True), degrees=NOT_NEGATIVE)
def moderated_variances(variances: np.ndarray, degrees: np.ndarray) -> np.ndarray:
    """Sample variances drawn towards a common value by as much as they scatter by chance (Smyth 2004).

    Parameters, errors
        As `common_variance`.

    Returns
    -------
    (n,) float array
        ``(d0 s0^2 + d s^2) / (d0 + d)``: s0^2 if degrees are 0. They have d0 + d degrees of freedom.
    """
    prior, d0 = common_variance(variances, degrees)
    if np.isinf(d0):
        return np.full(len(degrees), prior)
    return (d0 * prior + degrees * np.where(degrees > 0, variances, 0.0)) / (d0 + degrees)


@accepts(
    X=Numbers(dimensions=(2,)),
    y=ANY,
    group=NOT_NEGATIVE,
    draws=Whole(1),
    seed=Seed(),
    positive=Flag(),
)
def resampled_expectations(
    X: np.ndarray,
    y: np.ndarray,
    group: np.ndarray,
    draws: int,
    seed: int | np.random.SeedSequence,
    *,
    positive: bool = True,
) -> np.ndarray:
    """Expectations of a regression that is fitted to resampled municipalities, all rows of each together.

    Parameters
    ----------
    X : (n, p) float array
        Design, its columns of about the same size.
    y : (n,) float array
    group : (n,) int array
        Municipality of each row, from 0 on.
    draws : int
        How many are to be had.
    seed : int
    positive : bool
        Whether a draw in which an expectation is not above 0 is drawn again, as one is whose terms are
        collinear.

    Returns
    -------
    (draws, n) float array

    Raises
    ------
    ValueError
        More than four of five draws had to be drawn again.

    Notes
    -----
    Cameron, Gelbach & Miller (2008), the pairs cluster bootstrap.
    """
    groups = int(group.max()) + 1
    member = (group == np.arange(groups)[:, None]).astype(float)
    inner = np.einsum("gi,ij,ik->gjk", member, X, X)
    cross = np.einsum("gi,ij,i->gj", member, X, y)
    rng = np.random.default_rng(seed)
    kept, tried = [], 0
    while sum(map(len, kept)) < draws:
        if tried >= 5 * draws + 50:
            raise InputError(
                "cells: resampling municipalities breaks the cost-need model more often than not"
            )
        size = draws - sum(map(len, kept))
        tried += size
        drawn = rng.multinomial(groups, np.full(groups, 1 / groups), size)
        A = np.tensordot(drawn, inner, 1)
        fine = np.linalg.cond(A) < 1e10
        b = np.linalg.solve(A[fine], (drawn[fine] @ cross)[..., None])[..., 0]
        expected = b @ X.T
        kept.append(expected[(expected > 0).all(axis=1)] if positive else expected)
    return np.concatenate(kept)


@accepts(
    cells=cost_need.CELLS,
    codes=Labels(),
    coefficients=Result(("index", "to_numpy", "searchsorted"), "cost_need.main_coefficients"),
)
def laid_out(
    cells: pd.DataFrame, codes: np.ndarray, coefficients: pd.Series
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Municipality-years as arrays, in the order of municipality and year.

    Parameters
    ----------
    cells, codes, coefficients
        As `expenditure_draws`.

    Returns
    -------
    X : (n, p) float array
        Design of cost-need model 3, its columns divided by their root mean squares.
    y : (n,) float array
        Expenditure, DKK per full-year person.
    group : (n,) int array
        Municipality, from 0 on.
    place : (K,) int array
        The groups of `codes`.
    expected : (n,) float array
        Fitted expenditure.

    Raises
    ------
    ValueError
        A municipality without a cell, or coefficients of other terms than those of the cells.
    """
    cells = cells.sort_values(["municipality_code", "year"], kind="stable").reset_index(drop=True)
    shares = [term for term in coefficients.index if str(term).startswith("share_")]
    design, y = cost_need.design(cells, shares), cells[cost_need.OUTCOME].to_numpy(float)
    if list(design.columns) != list(coefficients.index):
        raise InputError(
            "coefficients are not those of cost-need model 3 for these cells: give those that were fitted to "
            "them"
        )
    X, coefficients = design.to_numpy(), ANY.checked("coefficients", coefficients)
    scale = np.sqrt((X**2).mean(axis=0))
    X = X / scale
    group, groups = pd.factorize(cells["municipality_code"].astype(str))
    place = pd.Series(np.arange(len(groups)), index=groups).reindex(np.asarray(codes, str))
    if place.isna().any():
        raise InputError(
            f"cells lacks municipality {place.index[place.isna()][0]}, and {int(place.isna().sum())} of "
            f"{len(place)} in all: give the cells of the same build"
        )
    return X, y, group, place.to_numpy(int), X @ (coefficients * scale)


@accepts(
    cells=cost_need.CELLS,
    codes=Labels(),
    coefficients=Result(("index", "to_numpy", "searchsorted"), "cost_need.main_coefficients"),
    draws=Whole(1),
    seed=Seed(),
)
def expenditure_draws(
    cells: pd.DataFrame,
    codes: np.ndarray,
    coefficients: pd.Series,
    *,
    draws: int = 999,
    seed: int | np.random.SeedSequence = 0,
) -> tuple[np.ndarray, np.ndarray]:
    """Draws of the expenditure indicators and of the expected expenditure.

    Parameters
    ----------
    cells : DataFrame
        intermediate.int_cost_need_input.
    codes : (K,) array of str
        Municipalities whose indicators are wanted; each must have a cell.
    coefficients : Series
        Those of cost-need model 3 fitted to these cells, by term in the model's order.
    draws, seed : int

    Returns
    -------
    estimates : (2, K) float array
        Indicator (mean over years of actual over expected) and expected expenditure in DKK per full-year
        person (mean over years), at the data.
    drawn : (2, draws, K) float array

    Raises
    ------
    ValueError
        As `laid_out` and `resampled_expectations`, or an expectation that is not above 0.

    Notes
    -----
    Each draw fits cost-need model 3 to as many municipalities as there are, drawn with replacement, all years
    together, and adds to each indicator a normal error with the moderated variance of its years over their
    number.
    """
    X, y, group, place, expected = laid_out(cells, codes, coefficients)
    years = np.bincount(group)
    member = (group == np.arange(len(years))[:, None]).astype(float)

    def means(expected):
        """Mean over years of actual over expected, and of expected, by municipality."""
        return ((y / expected) @ member.T / years)[..., place], (expected @ member.T / years)[..., place]

    if (expected <= 0).any():
        raise InputError(
            "coefficients: the cost-need model expects no expenditure, or less, in a municipality-year"
        )
    estimates = np.array(means(expected))
    indicator = y / expected
    deviation = indicator - (indicator @ member.T / years)[group]
    own = np.bincount(group, deviation**2) / np.maximum(years - 1, 1)
    error = np.sqrt(moderated_variances(own, years - 1) / years)[place]

    resample, noise = np.random.default_rng(seed).bit_generator.seed_seq.spawn(2)
    drawn = np.array(means(resampled_expectations(X, y, group, draws, resample)))
    drawn[0] += error * np.random.default_rng(noise).standard_normal(drawn[0].shape)
    return estimates, drawn


@accepts(
    municipalities=MUNICIPALITIES,
    covariances=COVARIANCES,
    cells=cost_need.CELLS,
    cost_need_results=Table({"analysis": Labels(), "result": Labels()}),
    draws=Whole(1),
    seed=Whole(0),
)
def draws_table(
    municipalities: pd.DataFrame,
    covariances: pd.DataFrame,
    cells: pd.DataFrame,
    cost_need_results: pd.DataFrame,
    draws: int = 999,
    seed: int = 0,
) -> pd.DataFrame:
    """Rows of intermediate.int_indicator_draws; draw 0 holds the estimates.

    Parameters
    ----------
    municipalities : DataFrame
        intermediate.int_efficiency_input: municipality_code, benchmark_indicator.
    covariances : DataFrame
        benchmark.indicator_covariance.
    cells : DataFrame
        intermediate.int_cost_need_input.
    cost_need_results : DataFrame
        intermediate.int_cost_need_results, which has the coefficients of cost-need model 3.
    draws, seed : int

    Returns
    -------
    DataFrame
        Benchmark indicators are drawn normal on the log scale, with the covariance of all municipalities.
    """
    data = municipalities.sort_values("municipality_code", kind="stable")
    codes = data["municipality_code"].to_numpy(object)
    if not len(codes):
        return typed([], _DRAWS)
    value = data["benchmark_indicator"].to_numpy(float)
    root = symmetric_root(covariance_matrix(codes, covariances) / np.outer(value, value))
    first, second = np.random.SeedSequence(seed).spawn(2)
    benchmark = value * np.exp(np.random.default_rng(first).standard_normal((draws, len(codes))) @ root)
    estimates, drawn = expenditure_draws(
        cells, codes, cost_need.main_coefficients(cost_need_results), draws=draws, seed=second
    )
    row = {
        "draw": np.repeat(np.arange(draws + 1), len(codes)),
        "municipality_code": np.tile(codes, draws + 1),
        "benchmark_indicator": np.vstack([value, benchmark]).ravel(),
        "expenditure_indicator": np.vstack([estimates[0], drawn[0]]).ravel(),
        "expected_dkk": np.vstack([estimates[1], drawn[1]]).ravel(),
    }
    return typed([row], _DRAWS)
