"""What an estimator says to input that it cannot use: a ValueError that names the argument and the fault."""

import numpy as np
import pandas as pd
import pytest
from cost_need_terms import SHARES

from vfm.statistics import cost_need, cox, frontier, kaplan_meier, regression

N = 60
RNG = np.random.default_rng(4)
COVARIATES = pd.DataFrame({"age": RNG.standard_normal(N), "level": RNG.random(N) < 0.4}).astype(float)
NAN, INFINITE, NEGATIVE = (np.r_[v, np.ones(N - 1)] for v in (np.nan, np.inf, -1.0))


def covariate(value):
    """The covariates with a value in the middle of column age."""
    X = COVARIATES.copy()
    X.loc[N // 2, "age"] = value
    return X


def fit_cox(**change):
    event = np.arange(N) % 3 == 0
    return cox.fit(**(dict(duration=RNG.integers(1, 20, N), event=event, X=COVARIATES) | change))


def fit_kaplan_meier(**change):
    arguments = dict(duration=RNG.integers(1, 20, N), event=np.arange(N) % 3 == 0) | change
    return kaplan_meier.survival(**arguments)


def fit_kaplan_meier_variance(**change):
    arguments = dict(duration=RNG.integers(1, 20, N), event=np.arange(N) % 3 == 0) | change
    return kaplan_meier.restricted_mean_variance(**arguments)


def fit_frontier(**change):
    y = COVARIATES["age"] + RNG.standard_normal(N)
    return frontier.fit(**(dict(y=y, X=COVARIATES) | change))


def fit_regression(**change):
    y, x = RNG.standard_normal(N), RNG.standard_normal(N)
    return regression.fit(**(dict(y=y, x=x, weights=np.ones(N)) | change))


def fit_cost_need(rows=N, **change):
    columns = {c: RNG.random(N) for c in SHARES}
    cells = pd.DataFrame(
        {
            "municipality_code": np.arange(N) // 5,
            "year": 2011 + np.arange(N) % 5,
            cost_need.OUTCOME: RNG.normal(60_000, 5_000, N),
        }
        | columns
    )
    return cost_need.fit(cells.assign(**change).iloc[:rows], 3, SHARES)


CASES = [
    # durations
    (fit_cox, dict(duration=NEGATIVE), "duration must be whole weeks, at least 1; 1 of 60 rows are not"),
    (fit_cox, dict(duration=np.r_[1.5, np.ones(N - 1)]), "duration must be whole weeks, at least 1"),
    (fit_cox, dict(duration=np.zeros(N)), "duration must be whole weeks, at least 1; 60 of 60"),
    (fit_cox, dict(duration=NAN), "duration must be whole weeks, at least 1"),
    (fit_cox, dict(duration=INFINITE), "duration must be whole weeks, at least 1"),
    (fit_cox, dict(duration=[]), "duration must be a one-dimensional array with at least one row"),
    (fit_kaplan_meier, dict(duration=NEGATIVE), "duration must be whole weeks, at least 1; 1 of 60"),
    (fit_kaplan_meier, dict(duration=np.full(N, 2.5)), "duration must be whole weeks"),
    (fit_kaplan_meier, dict(duration=NAN), "duration must be whole weeks"),
    (fit_kaplan_meier_variance, dict(duration=INFINITE), "duration must be whole weeks"),
    (fit_kaplan_meier, dict(duration=[1, 2]), r"event must have shape \(2,\) like duration"),
    (fit_kaplan_meier, dict(horizon=0), "horizon must be a whole number of weeks, at least 1, not 0"),
    # covariates
    (fit_cox, dict(X=covariate(np.nan)), "X has missing or infinite values in column age"),
    (fit_cox, dict(X=covariate(np.inf)), "X has missing or infinite values in column age"),
    (fit_cox, dict(X=covariate(-np.inf)), "X has missing or infinite values in column age"),
    (fit_frontier, dict(X=covariate(np.nan)), "X has missing or infinite values in column age"),
    (fit_frontier, dict(X=covariate(np.inf)), "X has missing or infinite values in column age"),
    (fit_frontier, dict(y=NAN), "y has missing or infinite values in 1 of 60 rows"),
    (fit_frontier, dict(X=COVARIATES.assign(level=0.0)), "X is constant in column level"),
    (fit_frontier, dict(X=COVARIATES.assign(level=0.1)), "X is constant in column level"),
    (fit_frontier, dict(X=COVARIATES.assign(level=COVARIATES.age * 2)), "X is collinear"),
    (fit_regression, dict(y=INFINITE), "y has missing or infinite values"),
    (fit_regression, dict(x=NAN), "x has missing or infinite values"),
    (fit_regression, dict(x=np.ones(N)), "x has too few distinct values for 2 terms"),
    (fit_regression, dict(x=np.arange(N) % 2, degree=2), "x has too few distinct values for 3 terms"),
    (fit_cost_need, dict(share_asia=NAN), "column share_asia must be a share from 0 to 1; 1 of 60"),
    (fit_cost_need, dict(share_asia=INFINITE), "column share_asia must be a share from 0 to 1; 1 of 60"),
    (fit_cost_need, {cost_need.OUTCOME: INFINITE}, f"column {cost_need.OUTCOME} has missing or infinite"),
    (fit_cost_need, dict(share_asia=0.5), "share_asia is a combination of the other terms"),
    # weights
    (fit_cox, dict(weights=NEGATIVE), "weights must be finite and not negative"),
    (fit_cox, dict(weights=NAN), "weights must be finite and not negative"),
    (fit_cox, dict(weights=np.zeros(N)), "weights are 0 in every row"),
    (fit_cox, dict(weights=np.full(N, 1e-320)), "weights that are not 0 reach from 1e-320 to 1e-320"),
    (fit_cox, dict(weights=np.full(N, 1e308)), "weights that are not 0 reach from 1e[+]308 to 1e[+]308"),
    (fit_cox, dict(weights=np.ones(3)), r"weights must have shape \(60,\)"),
    (fit_kaplan_meier, dict(weights=NEGATIVE), "weights must be finite and not negative; 1 of 60"),
    (fit_kaplan_meier, dict(weights=np.zeros(N)), "weights are 0 in every row"),
    (fit_frontier, dict(weights=NEGATIVE), "weights must be above 0; 1 of 60"),
    (fit_frontier, dict(weights=np.zeros(N)), "weights must be above 0"),
    (fit_regression, dict(weights=NEGATIVE), "weights must be above 0"),
    (fit_regression, dict(weights=np.zeros(N)), "weights must be above 0"),
    (fit_regression, dict(weights=NAN), "weights must be above 0; 1 of 60"),
    # events
    (fit_cox, dict(event=np.zeros(N, bool)), "event is false in every row: .*no events"),
    (fit_cox, dict(weights=(np.arange(N) % 3 > 0) * 1.0), "event is false in every row with a weight"),
    (fit_cox, dict(event=np.full(N, 2)), "event must be true/false or 1/0"),
    (fit_kaplan_meier, dict(event=np.full(N, np.nan)), "event must be true/false or 1/0"),
    # too few units
    (fit_cox, dict(X=RNG.random((N, N))), "X has 60 columns but only 60 rows"),
    (fit_cox, dict(X=RNG.random((N, 30)), weights=np.arange(N) < 30), "X has 30 columns but only 30 rows"),
    (fit_frontier, dict(X=RNG.random((N, 58))), "y and X have 60 rows; a frontier with 59 coefficients"),
    (fit_regression, dict(y=[1, 2], x=[1, 2], weights=[1, 1]), "y has 2 municipalities, too few for 2 terms"),
    (fit_cost_need, dict(rows=15), "has 17 terms but only 15 municipality-years"),
]


@pytest.mark.parametrize(
    ("estimate", "change", "words"), CASES, ids=[f"{e.__name__}-{w[:40]}" for e, _, w in CASES]
)
def test_a_value_error_names_the_argument(estimate, change, words):
    with pytest.raises(ValueError, match=words):
        estimate(**change)


@pytest.mark.parametrize("estimate", sorted({e for e, *_ in CASES}, key=lambda e: e.__name__))
def test_the_same_input_without_the_fault_is_estimated(estimate):
    assert estimate() is not None


def test_a_constant_covariate_is_named_in_the_result_of_a_cox_fit():
    """Empty levels happen in every sex; they are dropped and named, not refused."""
    result = fit_cox(X=COVARIATES.assign(empty=0.0, tenth=np.where(np.arange(N) < 30, 0.3, 0.1 + 0.2)))
    assert result.columns(cox.CONSTANT) == ["empty", "tenth"]
    assert result.columns(cox.ESTIMATED) == ["age", "level"]
