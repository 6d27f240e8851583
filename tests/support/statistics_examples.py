"""Arguments that each public function of vfm.statistics accepts, by its name: small, seeded, made once."""

from collections.abc import Callable
from functools import cache

import duckdb
import numpy as np
import pandas as pd
import simulation
from cost_need_terms import COMPOSITION_TERMS, SHARES

from vfm.statistics import cost_need, cox, frontier, indicator, indicator_draws
from vfm.statistics.frontier import laws
from vfm.statistics.risk_sets import RiskSets

N, K = 60, 30
WEEKS = np.arange(N) % 13 + 1
EVENT = np.arange(N) % 3 == 0


@cache
def rng_columns() -> dict:
    """Columns of N draws, by name."""
    rng = np.random.default_rng(11)
    names = ("age", "level", "y", "x", "more")
    return {name: np.round(rng.standard_normal(N), 3) for name in names}


@cache
def tables() -> dict:
    """The tables that the functions of tables take, made from one another."""
    spells = simulation.spells(600, seed=2, levels=(2,), municipalities=4)
    fits = list(cox.by_sex(spells))
    found = indicator.uncertainty(spells, fits=fits)
    rng = np.random.default_rng(3)
    codes = [str(150 + k) for k in range(K)]
    cells = pd.DataFrame(
        {"municipality_code": np.repeat(codes, 3), "year": np.tile(np.arange(2011, 2014), K)}
    )
    cells = cells.assign(**{share: rng.uniform(0.1, 0.4, len(cells)) for share in SHARES})
    cells[cost_need.OUTCOME] = 60_000 + 30_000 * cells["share_refugees"] + rng.normal(0, 5_000, len(cells))
    municipalities = pd.DataFrame(
        {
            "municipality_code": codes,
            "spells": rng.integers(100, 900, K),
            "benchmark_indicator": rng.normal(1, 0.05, K) - rng.exponential(0.05, K),
            "benchmark_standard_error": 0.02,
            "expenditure_indicator": rng.normal(1, 0.1, K),
            "programme_persons": np.arange(60, 60 + K),
        }
    )
    covariances = pd.DataFrame(
        [(a, b, 0.0004 * (a == b)) for a in codes for b in codes],
        columns=["municipality_code", "other_municipality_code", "covariance"],
    )
    cost_fits = cost_need.fit_all(cells, COMPOSITION_TERMS)
    cost_results = cost_need.cost_need_results(cells, cells, COMPOSITION_TERMS)
    draws = indicator_draws.draws_table(municipalities, covariances, cells, cost_results, 20)
    fitted = list(frontier.fits(municipalities))
    predictors = pd.concat(
        rows[["spell_id", "is_benchmarked"]].assign(
            linear_predictor=r.linear_predictor, is_without_hazard=~np.isfinite(r.linear_predictor)
        )
        for _, rows, r in fits
    )
    outcome = np.where(spells["is_success"], "success", np.where(np.arange(len(spells)) % 4, "open", "left"))
    return {
        "spells": spells,
        "outcomes": spells.assign(outcome=outcome),
        "predictors": predictors.assign(
            linear_predictor=predictors["linear_predictor"].where(~predictors["is_without_hazard"], 0.0)
        ),
        "baseline": cox.baseline_table(fits),
        "fits": fits,
        "found": found,
        "coefficients": cox.coefficients_table(fits),
        "cox_covariances": cox.covariance_table(fits),
        "cox_results": indicator.cox_results(spells),
        "uncertainty": indicator.uncertainty_table(found),
        "indicator_covariances": indicator.indicator_covariance_table(found),
        "replicates": pd.DataFrame(
            {
                "replicate": np.repeat(np.arange(1, 5), 5),
                "municipality_code": np.tile(codes[:5], 4),
                "indicator": rng.normal(1, 0.1, 20),
            }
        ),
        "cells": cells,
        "terms": COMPOSITION_TERMS,
        "cost_fits": cost_fits,
        "cost_results": cost_results,
        "municipalities": municipalities,
        "covariances": covariances,
        "draws": draws,
        "fitted": fitted,
        "frontier_results": frontier.frontier_results(municipalities, draws, 9),
    }


def _relation():
    spells = tables()["spells"]  # noqa: F841, the query's
    return duckdb.connect().sql("from spells").execute()


def _curves():
    one = rng_columns()
    spells = dict(duration=WEEKS, event=EVENT)
    rising = np.arange(1, N + 1) / 2
    return {
        "kaplan_meier.survival": spells,
        "kaplan_meier.restricted_mean": dict(survival=np.linspace(1, 0.2, 160), horizon=156),
        "kaplan_meier.restricted_mean_variance": spells,
        "kaplan_meier.influence": spells,
        "kaplan_meier.expected_durations": dict(linear_predictor=one["x"], hazard=rising / 100),
        "curves.concordance": spells | dict(score=one["x"], person=np.arange(N) // 2),
        "curves.released": dict(events=WEEKS, at_risk=np.arange(N, 0, -1), limit=5),
        "curves.cumulative_incidence": dict(duration=WEEKS, cause=np.arange(N) % 3),
        "curves.expected_survival": dict(linear_predictor=one["x"], baseline=np.linspace(1, 0.2, 20)),
        "indicator.observed_durations": dict(municipality=np.arange(N) % 4, **spells),
    }


def _fits():
    one = rng_columns()
    X = pd.DataFrame({"age": one["age"], "level": (one["level"] > 0).astype(float)})
    result = cox.fit(WEEKS, EVENT, X)
    y = np.abs(one["y"]) + 1
    half = frontier.fit(y, X[["age"]])
    many = np.stack([np.column_stack([np.ones(N), one["x"]])] * 2)
    noise = np.random.default_rng(1).normal(0, 0.05, (20, N))
    regression = dict(y=one["y"], x=one["x"], weights=y)
    return {
        "cox.model.fit": dict(duration=WEEKS, event=EVENT, X=X, weights=y, cluster=np.arange(N) // 2),
        "cox.model.product_limit": dict(
            risk=RiskSets(WEEKS.astype(float), EVENT), relative=np.sort(y), weights=np.ones(N)
        ),
        "cox.model.proportional_hazards_test": dict(result=result),
        "cox.model.trend_test": dict(result=result, transform=np.log),
        "frontier.model.fit": dict(y=y, X=X[["age"]], weights=y, noise_standard_error=y / 10),
        "frontier.batches.bootstrap_p_value": dict(
            result=half, X=X[["age"]], noise_standard_error=y / 10, noise_draws=noise, draws=3
        ),
        "frontier.batches.fit_half_normal": dict(
            y=np.column_stack([y, y[::-1]]),
            X=many,
            weights=np.ones(N),
            side="cost",
            noise_standard_error=y / 10,
        ),
        "frontier.batches.simulated_statistics": dict(
            y=np.column_stack([y, y[::-1]]), X=many[0], weights=np.ones(N), sign=1.0, density=laws.half_normal
        ),
        "frontier.laws.conditional_means": dict(
            distribution="half_normal", e=one["x"], su=0.5, V=0.2, tau=0.0
        ),
        "frontier.laws.conditional_law": dict(residuals=one["x"], sigma_u=0.5, sigma_v=0.2),
        "frontier.laws.conditional_quantile": dict(centre=one["x"], spread=y, probability=0.9),
        "frontier.laws.mixed_chi_square_p": dict(statistic=2.0),
        "regression.samples_of": dict(codes=np.array(["101", "147", "169"]), outlier="169"),
        "regression.powers": dict(x=one["x"], name="x", degree=2),
        "regression.fit": regression,
        "indicator_draws.inverse_trigamma": dict(value=0.3),
        "regression.precision_weights": dict(y=one["y"], standard_errors=y),
        "indicator_draws.common_variance": dict(variances=y, degrees=np.arange(N) % 4),
        "indicator_draws.moderated_variances": dict(variances=y, degrees=np.arange(N) % 4),
        "indicator_draws.resampled_expectations": dict(
            X=np.column_stack([np.ones(N), one["x"]]), y=y, group=np.arange(N) % 9, draws=5, seed=1
        ),
        "second_stage.errors_in_variables": regression | dict(noise=y / 20),
        "second_stage.joint_fit": regression | dict(noise_y=noise, noise_x=noise[::-1]),
    }


def _comparing():
    at = tables()
    log, error = np.log(at["uncertainty"]["indicator"]), at["uncertainty"]["log_standard_error"]
    V = np.diag(np.asarray(error) ** 2)
    indicators = dict(indicators=at["uncertainty"])
    return {
        "comparing.over_dispersion": dict(estimates=log.to_numpy(), standard_errors=error.to_numpy()),
        "comparing.dispersion_table": indicators,
        "comparing.symmetric_root": dict(covariance=V),
        "comparing.rank_sets": dict(estimates=log.to_numpy(), covariance=V, draws=50),
        "comparing.rank_sets_table": indicators | dict(covariances=at["indicator_covariances"], draws=50),
        "comparing.covariance_matrix": dict(
            codes=at["uncertainty"]["municipality_code"].to_numpy(), covariances=at["indicator_covariances"]
        ),
        "shrinkage.adaptive_intervals": dict(estimates=log.to_numpy(), standard_errors=error.to_numpy()),
        "shrinkage.intervals_table": indicators,
        "shrinkage.posterior_draws": dict(estimates=log.to_numpy(), covariance=V, draws=50),
        "shrinkage.quintile_probabilities": indicators
        | dict(covariances=at["indicator_covariances"], draws=50),
        "comparing.ranks": dict(indicators=np.random.default_rng(2).normal(1, 0.1, (3, 8))),
        "comparing.quintiles": dict(ranks=np.arange(1, 9), size=8),
    }


def _tables():
    at = tables()
    spells, fits = dict(spells=at["spells"]), dict(fits=at["fits"])
    cells, cost_fits = dict(cells=at["cells"]), dict(fits=at["cost_fits"])
    municipalities, fitted = dict(municipalities=at["municipalities"]), dict(fitted=at["fitted"])
    outcomes, predictors = dict(spells=at["outcomes"]), dict(predictors=at["predictors"])
    estimates = cox.estimates_by_sex(at["coefficients"], at["cox_covariances"], cox.terms_of(at["spells"]))
    return {
        "cox.tables.read": lambda: dict(relation=_relation()),
        "cox.tables.terms_of": spells,
        "cox.tables.in_order": spells,
        "cox.tables.by_sex": spells,
        "cox.tables.coefficients_table": fits,
        "cox.tables.baseline_table": fits,
        "cox.tables.hazard_tests_table": fits,
        "cox.tables.covariance_table": fits,
        "cox.tables.estimates_by_sex": dict(
            coefficients=at["coefficients"],
            covariances=at["cox_covariances"],
            terms=cox.terms_of(at["spells"]),
        ),
        "indicator.uncertainty": spells,
        "indicator.cox_results": spells,
        "indicator.efron_results": spells,
        "indicator.expected_table": fits,
        "indicator.uncertainty_table": dict(found=at["found"]),
        "indicator.indicator_covariance_table": dict(found=at["found"]),
        "bootstrap.prepare": spells | dict(estimates=estimates),
        "bootstrap.indicators": spells | dict(replicates=2, seed=1, processes=1, progress=False),
        "bootstrap.replicates_table": spells | dict(results=at["cox_results"], replicates=2, seed=1),
        "bootstrap.rank_intervals": dict(draws=at["replicates"]),
        "curves.concordance_table": outcomes | predictors,
        "curves.survival_bands": outcomes,
        "curves.cumulative_incidence_table": outcomes,
        "curves.municipal_curves": outcomes | predictors | dict(baseline=at["baseline"]),
        "cost_need.shares_of": dict(composition_terms=at["terms"], model=2),
        "cost_need.design": cells | dict(shares=SHARES),
        "cost_need.fit": cells | dict(model=3, shares=SHARES),
        "cost_need.cost_need_results": dict(
            main=at["cells"], supplementary=at["cells"], composition_terms=at["terms"]
        ),
        "cost_need.fit_all": cells | dict(composition_terms=at["terms"]),
        "cost_need.cost_need_coefficients": cost_fits,
        "cost_need.cost_need_fits": cost_fits | cells,
        "cost_need.indicators_table": cost_fits | cells,
        "cost_need.main_coefficients": dict(results=at["cost_results"]),
        "regression.indicator_regressions": municipalities,
        "frontier.tables.fits": municipalities,
        "frontier.tables.frontier_results": municipalities | dict(indicator_draws=at["draws"]),
        "frontier.tables.parameters_table": fitted,
        "frontier.tables.fit_table": fitted,
        "frontier.tables.efficiencies_table": fitted,
        "frontier.tables.known_noise_table": municipalities
        | dict(indicator_draws=at["draws"], sides=["cost"], distributions=["half_normal"]),
        "frontier.tables.error_draws": municipalities | dict(indicator_draws=at["draws"]),
        "frontier.tables.own_errors": municipalities | dict(indicator_draws=at["draws"]),
        "indicator_draws.laid_out": cells
        | dict(
            codes=at["municipalities"]["municipality_code"].to_numpy(),
            coefficients=cost_need.main_coefficients(at["cost_results"]),
        ),
        "indicator_draws.expenditure_draws": cells
        | dict(
            codes=at["municipalities"]["municipality_code"].to_numpy(),
            coefficients=cost_need.main_coefficients(at["cost_results"]),
            draws=5,
        ),
        "expenditure_errors.total_errors": cells
        | dict(
            codes=at["municipalities"]["municipality_code"].to_numpy(),
            coefficients=cost_need.main_coefficients(at["cost_results"]),
            draws=5,
        ),
        "expenditure_errors.total_errors_table": cells
        | municipalities
        | dict(
            supplementary_cells=at["cells"],
            supplementary_municipalities=at["municipalities"],
            cost_need_results=at["cost_results"],
            draws=5,
        ),
        "indicator_draws.draws_table": municipalities
        | dict(covariances=at["covariances"], cost_need_results=at["cost_results"], draws=5, **cells),
        "second_stage.joint_regressions": municipalities | dict(draws=at["draws"]),
        "second_stage.frontier_intervals": municipalities
        | dict(draws=at["draws"], frontier_results=at["frontier_results"]),
    }


@cache
def examples() -> dict[str, dict | Callable]:
    """Arguments by 'module.function', or a function that makes them anew where a call uses them up."""
    return _curves() | _fits() | _comparing() | _tables()
