"""Cost-need models: least squares by hand, the terms of Table 5.1, and errors that say what is wrong."""

import numpy as np
import pandas as pd
import pytest
from cost_need_terms import COMPOSITION_TERMS
from cost_need_terms import SHARES as TERMS
from scipy import stats

from vfm.statistics import cost_need


def fit(cells, model):
    return cost_need.fit(cells, model, cost_need.shares_of(COMPOSITION_TERMS, model))


def fit_all(cells):
    return cost_need.fit_all(cells, COMPOSITION_TERMS)


@pytest.fixture
def cells():
    rng = np.random.default_rng(0)
    n = 90 * 5
    frame = pd.DataFrame(
        {
            "municipality_code": np.repeat([str(101 + k) for k in range(90)], 5),
            "year": np.tile(np.arange(2011, 2016), 90),
        }
    )
    for term in TERMS:
        frame[term] = rng.beta(2, 5, n)
    frame[cost_need.OUTCOME] = (
        55_000
        + 37_000 * frame.share_refugees
        - 19_000 * (frame.year == 2014)
        + 15_000 * rng.standard_normal(n)
    )
    return frame[rng.random(n) < 0.93].reset_index(drop=True)


def test_coefficients_equal_least_squares_by_hand(cells):
    table = cost_need.cost_need_coefficients(fit_all(cells.sample(frac=1, random_state=1)))
    X = np.column_stack(
        [cells[TERMS], *[(cells.year == y) for y in range(2012, 2016)], np.ones(len(cells))]
    ).astype(float)
    y = cells[cost_need.OUTCOME].to_numpy()
    b, rss, *_ = np.linalg.lstsq(X, y, rcond=None)
    model3 = table[table.model == 3]
    assert model3.term.tolist() == [*TERMS, "year_2012", "year_2013", "year_2014", "year_2015", "constant"]
    np.testing.assert_allclose(model3.coefficient_dkk, b, rtol=1e-8)
    degrees = len(y) - X.shape[1]
    bread = np.linalg.inv(X.T @ X)
    np.testing.assert_allclose(model3.standard_error, np.sqrt(np.diag(bread) * rss[0] / degrees), rtol=1e-8)
    np.testing.assert_allclose(model3.t_value, model3.coefficient_dkk / model3.standard_error)
    # clustered on the municipality
    e = y - X @ b
    sums = pd.DataFrame(X * e[:, None]).groupby(cells.municipality_code.to_numpy()).sum().to_numpy()
    G = len(sums)
    meat = sums.T @ sums * G / (G - 1) * (len(y) - 1) / degrees
    np.testing.assert_allclose(
        model3.clustered_standard_error, np.sqrt(np.diag(bread @ meat @ bread)), rtol=1e-7
    )
    t = np.abs(model3.coefficient_dkk / model3.clustered_standard_error)
    np.testing.assert_allclose(model3.clustered_p_value, 2 * stats.t.sf(t, G - 1), rtol=1e-6)


def test_models_have_the_terms_and_degrees_of_freedom_of_table_5_1(cells):
    found = fit_all(cells)
    table, fits = cost_need.cost_need_coefficients(found), cost_need.cost_need_fits(found, cells)
    assert fits.model_degrees_of_freedom.tolist() == [9, 12, 16]
    assert table.groupby("model").size().tolist() == [10, 13, 17]
    assert (fits.observations == len(cells)).all()
    assert fits.r_squared.is_monotonic_increasing and fits.r_squared.between(0, 1).all()


def test_known_effects_are_found(cells):
    table = cost_need.cost_need_coefficients(fit_all(cells)).set_index(["model", "term"])
    for term, truth in (("share_refugees", 37_000), ("year_2014", -19_000)):
        row = table.loc[(3, term)]
        assert abs(row.coefficient_dkk - truth) < 4 * row.standard_error
        assert row.p_value < 1e-4


def test_a_term_that_is_a_combination_is_named(cells):
    with pytest.raises(ValueError, match="model 2 cannot be estimated: share_asia is a combination"):
        fit(cells.assign(share_asia=0.0), 2)
    half = cells.share_danish_education_1 / 2
    with pytest.raises(ValueError, match="share_danish_education_2 is a combination"):
        fit_all(cells.assign(share_danish_education_2=half))


def test_too_few_rows_are_named(cells):
    with pytest.raises(ValueError, match="has 10 terms but only 8 municipality-years"):
        fit(cells[cells.year <= 2015].iloc[:8], 1)


def test_missing_columns_and_values_are_named(cells):
    with pytest.raises(ValueError, match="lacks column share_turkey"):
        fit(cells.drop(columns="share_turkey"), 3)
    cells.loc[3, "share_refugees"] = np.nan
    with pytest.raises(ValueError, match="share_refugees must be a share from 0 to 1; 1 of 422"):
        fit_all(cells)


def test_one_municipality_has_no_clusters(cells):
    one = cells.assign(municipality_code="101")
    assert cost_need.cost_need_coefficients(fit_all(one)).clustered_standard_error.isna().all()


def test_indicators_are_means_of_actual_over_expected(cells):
    cells.loc[cells.municipality_code == "103", cost_need.OUTCOME] *= 1.5
    shuffled = cells.sample(frac=1, random_state=3)
    table = cost_need.indicators_table(fit_all(shuffled), shuffled)
    assert table.municipality_code.tolist() == sorted(cells.municipality_code.unique())
    ordinary, _ = fit(cells, 3)
    of_103 = cells.municipality_code == "103"
    yearly = (cells[cost_need.OUTCOME] / ordinary.fittedvalues)[of_103]
    row = table.set_index("municipality_code").loc["103"]
    assert row.years == len(yearly)
    assert row.expenditure_indicator == pytest.approx(yearly.mean())
    assert row.standard_error == pytest.approx(yearly.std() / np.sqrt(len(yearly)))
    assert row.expected_dkk == pytest.approx(ordinary.fittedvalues[of_103].mean())
    assert row.expenditure_per_full_year_person_dkk == pytest.approx(cells[cost_need.OUTCOME][of_103].mean())


def test_a_year_that_is_expected_to_cost_nothing_has_no_indicator(cells):
    cells[cost_need.OUTCOME] = 100_000 * cells.share_refugees - 20_000
    ordinary, _ = fit(cells, 3)
    table = cost_need.indicators_table(fit_all(cells), cells).set_index("municipality_code")
    left = cells[ordinary.fittedvalues > 0].groupby("municipality_code").size()
    assert (table.years == left).all() and left.sum() < len(cells)
    assert (table.expected_dkk > 0).all()
