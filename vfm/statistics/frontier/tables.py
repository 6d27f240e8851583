"""The tables of the warehouse that stochastic frontiers fill."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pandas as pd

from vfm.statistics.arguments import (
    NOT_NEGATIVE,
    Names,
    Result,
    Several,
    Table,
    Together,
    Whole,
    accepts,
)
from vfm.statistics.frames import stacked, typed
from vfm.statistics.frontier.batches import bootstrap_p_value
from vfm.statistics.frontier.laws import DISTRIBUTIONS
from vfm.statistics.frontier.model import FrontierResult, fit
from vfm.statistics.regression import MUNICIPALITIES, powers

#: Outcome and regressor of each side (report, appendix 4, eq. 4 and its cost twin).
MODELS = {
    "production": ("benchmark_indicator", "expenditure_indicator"),
    "cost": ("expenditure_indicator", "benchmark_indicator"),
}

TEN_BEST = 10  # "the ten best" of Figure 5.3

_FITTED = Several(
    Together((MUNICIPALITIES, Result(("coefficients", "inefficiency", "sigma_u", "rank"), "frontier.fit"))),
    "frontier.fits",
)
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


@accepts(municipalities=MUNICIPALITIES, sides=Names(tuple(MODELS)), distributions=Names(DISTRIBUTIONS))
def fits(
    municipalities: pd.DataFrame,
    *,
    sides: Sequence[str] = tuple(MODELS),
    distributions: Sequence[str] = DISTRIBUTIONS,
) -> Iterator[tuple[pd.DataFrame, FrontierResult]]:
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


@accepts(municipalities=MUNICIPALITIES, draws=Whole(0), seed=Whole(0))
def frontier_results(municipalities: pd.DataFrame, draws: int = 0, seed: int = 0) -> pd.DataFrame:
    """Rows of intermediate.int_frontier_results: every frontier fitted once, and what follows from it.

    Parameters
    ----------
    municipalities : DataFrame
        As `fits`.
    draws, seed : int
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


@accepts(fitted=_FITTED)
def parameters_table(fitted: Iterable[tuple[pd.DataFrame, FrontierResult]]) -> pd.DataFrame:
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


@accepts(fitted=_FITTED, draws=Whole(0), seed=Whole(0))
def fit_table(
    fitted: Iterable[tuple[pd.DataFrame, FrontierResult]], draws: int = 0, seed: int = 0
) -> pd.DataFrame:
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
        if draws > 0 and r.distribution != "truncated_normal":
            X = powers(data[regressor], regressor, 2).drop(columns="constant")
            p = bootstrap_p_value(r, X, draws=draws, seed=seed)
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


@accepts(fitted=_FITTED)
def efficiencies_table(fitted: Iterable[tuple[pd.DataFrame, FrontierResult]]) -> pd.DataFrame:
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


@accepts(
    municipalities=Table(
        MUNICIPALITIES.columns | {"benchmark_standard_error": NOT_NEGATIVE}, key=MUNICIPALITIES.key
    )
)
def known_noise_table(municipalities: pd.DataFrame) -> pd.DataFrame:
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
