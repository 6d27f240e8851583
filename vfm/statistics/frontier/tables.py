"""The tables of the warehouse that stochastic frontiers fill."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import pandas as pd

from vfm.statistics.arguments import (
    NOT_NEGATIVE,
    InputError,
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
from vfm.statistics.indicator_draws import DRAWS
from vfm.statistics.regression import MUNICIPALITIES, powers

#: Outcome and regressor of each side (report, appendix 4, eq. 4 and its cost twin).
MODELS = {
    "production": ("benchmark_indicator", "expenditure_indicator"),
    "cost": ("expenditure_indicator", "benchmark_indicator"),
}

TEN_BEST = 10  # "the ten best" of Figure 5.3

#: intermediate.int_efficiency_input with the error of the benchmark indicator.
MEASURED = Table(MUNICIPALITIES.columns | {"benchmark_standard_error": NOT_NEGATIVE}, key=MUNICIPALITIES.key)

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
    "rank": "Int64",
    "report_rank": "int64",
    "is_among_ten_best": bool,
    "is_at_regression": bool,
    "boundary": object,
}


def _boundary(result: FrontierResult) -> str:
    """The corner at which a frontier ended, as published: 'none', 'sigma_u' or 'sigma_v'.

    A truncated normal at its exponential limit ('mu') has both sigmas and so no corner.
    """
    return result.boundary if result.boundary in ("sigma_u", "sigma_v") else "none"


def _found(result: FrontierResult, values: np.ndarray) -> np.ndarray:
    """(n,) inefficiencies or efficiencies as published: missing where no inefficiency was found."""
    return np.full(len(values), np.nan) if result.boundary == "sigma_u" else values


def _rank(result: FrontierResult) -> np.ndarray:
    """(n,) ranks as published: missing at either corner, where nothing orders the municipalities."""
    return np.where(_boundary(result) == "none", result.rank, np.nan)


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
    "report_rank": "Int64",
    "is_among_ten_best": "boolean",
    "is_at_regression": "boolean",
}


@accepts(municipalities=MEASURED, indicator_draws=DRAWS, draws=Whole(0), seed=Whole(0))
def frontier_results(
    municipalities: pd.DataFrame, indicator_draws: pd.DataFrame, draws: int = 0, seed: int = 0
) -> pd.DataFrame:
    """Rows of intermediate.int_frontier_results: every frontier fitted once, and what follows from it.

    Parameters
    ----------
    municipalities : DataFrame
        As `fits`, with benchmark_standard_error.
    indicator_draws : DataFrame
        intermediate.int_indicator_draws, for the error of the expenditure indicator.
    draws, seed : int
        As `fit_table`.

    Returns
    -------
    DataFrame
        By `result`: 'parameters' (`parameters_table`), 'fit' (`fit_table`), 'municipalities'
        (`efficiencies_table`) and 'known_noise' (`known_noise_table`). No rows in, no rows out.
    """
    fitted = list(fits(municipalities))
    return stacked(
        {
            "parameters": parameters_table(fitted),
            "fit": fit_table(fitted, draws, seed),
            "municipalities": efficiencies_table(fitted),
            "known_noise": known_noise_table(municipalities, indicator_draws, draws, seed),
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
                "mean_inefficiency": r.weights @ _found(r, r.inefficiency) / r.weights.sum(),
                "mean_efficiency": r.weights @ _found(r, r.efficiency) / r.weights.sum(),
                "wrong_skewness": r.wrong_skewness,
                "boundary": _boundary(r),
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
        `regression` is the least-squares curve of the same form and weights, the dashed line of Figures 5.3
        and 5.4. `is_at_regression`: sigma_u = 0, so that the frontier is the regression line; inefficiency
        and efficiencies are missing then. At either corner nobody has a rank or is among the ten best;
        `report_rank` is the report's reading, that of `FrontierResult`, which always has an order.
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
                "inefficiency": _found(r, r.inefficiency),
                "efficiency": _found(r, r.efficiency),
                "level_efficiency": _found(r, r.level_efficiency),
                "rank": _rank(r),
                "report_rank": r.rank,
                "is_among_ten_best": (_boundary(r) == "none") & (r.rank <= TEN_BEST),
                "is_at_regression": r.boundary == "sigma_u",
                "boundary": _boundary(r),
            }
        )
    return typed(rows, _EFFICIENCIES)


_KNOWN_NOISE = {
    "side": object,
    "distribution": object,
    "municipality_code": object,
    "sigma_u": float,
    "sigma_v": float,
    "lr_statistic": float,
    "lr_p_value": float,
    "lr_bootstrap_p_value": float,
    "boundary": object,
    "converged": bool,
    "frontier": float,
    "residual": float,
    "inefficiency": float,
    "efficiency": float,
    "rank": "Int64",
}


@accepts(municipalities=MEASURED, indicator_draws=DRAWS)
def error_draws(municipalities: pd.DataFrame, indicator_draws: pd.DataFrame) -> dict[str, np.ndarray]:
    """Draws of both indicators less their means, in the order of the municipalities' codes.

    Parameters
    ----------
    municipalities : DataFrame
        intermediate.int_efficiency_input.
    indicator_draws : DataFrame
        intermediate.int_indicator_draws.

    Returns
    -------
    dict
        'benchmark_indicator' and 'expenditure_indicator': (draws, n) float arrays.

    Raises
    ------
    ValueError
        The draws lack a municipality.
    """
    codes = municipalities["municipality_code"].sort_values()
    drawn = indicator_draws[indicator_draws["draw"] > 0]
    errors = {}
    for column in ("benchmark_indicator", "expenditure_indicator"):
        wide = drawn.pivot(index="draw", columns="municipality_code", values=column).reindex(columns=codes)
        lost = list(wide.columns[wide.isna().any()] if len(wide) else codes)
        if len(lost):
            raise InputError(
                f"draws lacks municipality {lost[0]}, and {len(lost)} of {len(codes)} in all: give those of "
                "the same build"
            )
        errors[column] = (wide - wide.mean()).to_numpy(float)
    return errors


@accepts(municipalities=MEASURED, indicator_draws=DRAWS)
def own_errors(municipalities: pd.DataFrame, indicator_draws: pd.DataFrame) -> dict[str, np.ndarray]:
    """Standard error of each side's outcome by municipality, in the order of the codes.

    Parameters
    ----------
    municipalities, indicator_draws : DataFrame
        As `error_draws`.

    Returns
    -------
    dict
        'production': benchmark_standard_error, (n,) float array; 'cost': standard deviation of the
        expenditure indicator over the draws.

    Raises
    ------
    ValueError
        The draws lack a municipality, or an error is 0: such an indicator would be known exactly.
    """
    own = municipalities.sort_values("municipality_code")["benchmark_standard_error"].to_numpy(float)
    spread = error_draws(municipalities, indicator_draws)["expenditure_indicator"].std(axis=0)
    for name, errors in (("benchmark", own), ("expenditure", spread)):
        if wrong := int((errors <= 0).sum()):
            raise InputError(
                f"municipalities: the {name} indicator has a standard error of 0 in {wrong} of {len(own)} "
                "rows, as if it were known exactly: look at them"
            )
    return {"production": own, "cost": spread}


@accepts(
    municipalities=MEASURED,
    indicator_draws=DRAWS,
    draws=Whole(0),
    seed=Whole(0),
    sides=Names(tuple(MODELS)),
    distributions=Names(DISTRIBUTIONS),
)
def known_noise_table(
    municipalities: pd.DataFrame,
    indicator_draws: pd.DataFrame,
    draws: int = 0,
    seed: int = 0,
    *,
    sides: Sequence[str] = tuple(MODELS),
    distributions: Sequence[str] = DISTRIBUTIONS,
) -> pd.DataFrame:
    """Rows of efficiency.frontier_known_noise: both sides, unweighted, each indicator's own error known.

    Parameters
    ----------
    municipalities, indicator_draws : DataFrame
        As `own_errors`.
    draws, seed : int
        As `fit_table`.

    Returns
    -------
    DataFrame
        One row per side, distribution and municipality. Efficiencies are missing at sigma_u = 0, and ranks
        at either corner, as in `efficiencies_table`; sigma_v = 0 says here that there is no noise beyond the
        known one.
    """
    data = municipalities.sort_values("municipality_code", kind="stable").reset_index(drop=True)
    errors = own_errors(data, indicator_draws) if len(data) else {}
    drawn = error_draws(data, indicator_draws) if len(data) else {}
    rows = []
    for side in sides if len(data) else ():
        noise = errors[side]
        outcome, regressor = MODELS[side]
        X = powers(data[regressor], regressor, 2).drop(columns="constant")
        for distribution in distributions:
            r = fit(data[outcome], X, side=side, distribution=distribution, noise_standard_error=noise)
            p = np.nan
            if draws > 0:
                p = bootstrap_p_value(
                    r, X, noise_standard_error=noise, noise_draws=drawn[outcome], draws=draws, seed=seed
                )
            rows.append(
                {
                    "side": side,
                    "distribution": distribution,
                    "municipality_code": data["municipality_code"],
                    "sigma_u": r.sigma_u,
                    "sigma_v": r.sigma_v,
                    "lr_statistic": r.lr_statistic,
                    "lr_p_value": r.lr_p_value,
                    "lr_bootstrap_p_value": p,
                    "boundary": _boundary(r),
                    "converged": r.converged,
                    "frontier": r.frontier,
                    "residual": r.residuals,
                    "inefficiency": _found(r, r.inefficiency),
                    "efficiency": _found(r, r.efficiency),
                    "rank": _rank(r),
                }
            )
    return typed(rows, _KNOWN_NOISE)
