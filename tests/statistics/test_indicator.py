"""The benchmark indicator and its infinitesimal jackknife against the whole calculation done again."""

import numpy as np
import pandas as pd
import pytest
import simulation
from statsmodels.stats.multitest import multipletests

from vfm.statistics import bootstrap, cox, indicator, kaplan_meier, replicates

SMALL = (3, 2, 4, 1, 1)


@pytest.fixture(scope="module")
def spells():
    return simulation.spells(2500, seed=3, levels=SMALL, municipalities=10)


@pytest.fixture(scope="module")
def found(spells):
    return indicator.uncertainty(spells)


def test_efron_durations_equal_the_calculation_step_by_step(spells, found):
    expected = pd.Series(0.0, index=spells.index)
    for sex in ("men", "women"):
        rows = spells[spells.sex == sex]
        r = cox.fit(rows.duration_weeks, rows.is_success, rows[cox.terms_of(spells)], ties="efron")
        curves = r.baseline_survival(np.arange(156)) ** np.exp(r.linear_predictor)[:, None]
        expected[rows.index] = curves.sum(axis=1)
    own = expected[spells.is_benchmarked].groupby(spells.municipality_code).mean()
    table = indicator.expected_table(cox.by_sex(spells.sample(frac=1, random_state=1), ties="efron"))
    assert table.municipality_code.tolist() == found.municipalities.tolist()
    np.testing.assert_allclose(table.expected_mean_duration_weeks, own, rtol=1e-12)
    assert not np.allclose(table.expected_mean_duration_weeks, found.expected, rtol=1e-6)  # the ties matter
    assert indicator.efron_results(spells[:0]).empty


def test_breslow_coefficients_stand_beside_efrons_whatever_the_ties(spells):
    results = indicator.efron_results(spells, ties="efron").set_index("result")
    expected = cox.coefficients_table(cox.by_sex(spells, ties="breslow"))
    beside = results.loc["breslow_terms"]
    assert beside.term.tolist() == results.loc["terms"].term.tolist() == expected.term.tolist()
    np.testing.assert_array_equal(beside.breslow_coefficient, expected.coefficient)
    assert "breslow_terms" not in indicator.efron_results(spells, ties="breslow").result.tolist()


def whole_calculation(spells, weights, ties="breslow"):
    """Indicators step by step from the public pieces, with a weight for each spell."""
    terms = cox.terms_of(spells)
    expected = np.zeros(len(spells))
    for sex in ("men", "women"):
        rows = (spells.sex == sex).to_numpy()
        r = cox.fit(
            spells.duration_weeks[rows],
            spells.is_success[rows],
            spells.loc[rows, terms],
            weights=weights[rows],
            ties=ties,
        )
        survival = r.baseline_survival(np.arange(156))
        expected[rows] = (survival ** np.exp(r.linear_predictor)[:, None]).sum(axis=1)
    out = []
    for code in sorted(spells.municipality_code[spells.is_benchmarked].unique()):
        rows = (spells.municipality_code == code).to_numpy()
        w = weights[rows]
        curve = kaplan_meier.survival(spells.duration_weeks[rows], spells.is_success[rows], weights=w)
        out.append(w @ expected[rows] / w.sum() / kaplan_meier.restricted_mean(curve, 156))
    return np.array(out)


def test_indicator_equals_the_calculation_step_by_step(spells, found):
    assert (spells.is_benchmarked == False).any()  # noqa: E712 - the simulation leaves small municipalities out
    np.testing.assert_allclose(found.indicator, whole_calculation(spells, np.ones(len(spells))), rtol=1e-12)
    assert found.municipalities.tolist() == sorted(spells.municipality_code[spells.is_benchmarked].unique())


def test_influence_is_the_derivative_of_the_whole_calculation(spells, found):
    person, codes = pd.factorize(spells.sort_values("spell_id").person_id)
    ordered = spells.sort_values("spell_id").reset_index(drop=True)
    several = np.flatnonzero(np.bincount(person) > 1)[:2]
    outside = person[np.flatnonzero(~ordered.is_benchmarked)[:1]]  # matters through the Cox models alone
    picked = [*several, *outside, *np.random.default_rng(0).choice(len(codes), 5, replace=False)]
    for p in picked:
        h = 1e-4
        up, down = np.ones(len(ordered)), np.ones(len(ordered))
        up[person == p] += h
        down[person == p] -= h
        slope = (whole_calculation(ordered, up) - whole_calculation(ordered, down)) / (2 * h)
        scale = np.abs(found.influence[p]).max()
        np.testing.assert_allclose(found.influence[p], slope, atol=2e-6 * scale)


def test_standard_errors_agree_with_a_small_bootstrap(spells, found):
    problem = replicates.Problem(bootstrap.prepare(spells))
    draws = np.vstack([replicates.block_indicators(problem, 7, a, a + 32) for a in range(0, 320, 32)])
    ratio = draws.std(axis=0, ddof=1) / found.standard_errors
    assert 0.93 < np.median(ratio) < 1.07  # standard error of one ratio: 1 / sqrt(640) = 0.04
    assert 0.8 < ratio.min() and ratio.max() < 1.25


def test_taking_the_expectation_as_known_would_be_too_wide(spells, found):
    naive = []
    for code, value in zip(found.municipalities, found.indicator, strict=True):
        rows = spells.municipality_code == code
        variance = kaplan_meier.restricted_mean_variance(spells.duration_weeks[rows], spells.is_success[rows])
        curve = kaplan_meier.survival(spells.duration_weeks[rows], spells.is_success[rows])
        naive.append(value * np.sqrt(variance) / kaplan_meier.restricted_mean(curve, 156))
    assert np.median(naive / found.standard_errors) > 1.05


def test_covariance_has_the_variances_on_its_diagonal(spells, found):
    np.testing.assert_allclose(np.sqrt(np.diag(found.covariance)), found.standard_errors)
    table = indicator.indicator_covariance_table(found)
    size = len(found.municipalities)
    assert len(table) == size**2
    matrix = table.pivot(index="municipality_code", columns="other_municipality_code", values="covariance")
    np.testing.assert_allclose(matrix, matrix.T, atol=1e-15)
    assert np.linalg.eigvalsh(matrix).min() > 0


def test_table(spells, found):
    table = indicator.uncertainty_table(indicator.uncertainty(spells.sample(frac=1, random_state=3)))
    np.testing.assert_array_equal(table.indicator, found.indicator)
    np.testing.assert_allclose(table.standard_error, found.standard_errors)
    np.testing.assert_allclose(table.log_standard_error, table.standard_error / table.indicator)
    np.testing.assert_allclose(
        np.log(table.ci_high / table.ci_low), 2 * 1.959964 * table.log_standard_error, rtol=1e-6
    )
    np.testing.assert_allclose(table.p_value_fdr, multipletests(table.p_value, method="fdr_bh")[1])
    inside = (table.ci_low < 1) & (1 < table.ci_high)
    assert (inside == (table.p_value > 0.05)).all()


def test_a_level_without_events_is_expected_to_stay_the_whole_window(spells):
    rng = np.random.default_rng(1)
    never = ((rng.random(len(spells)) < 0.05) & ~spells.is_success).astype(float)
    u = indicator.uncertainty(spells.assign(never=never))
    assert np.isfinite(u.indicator).all() and np.isfinite(u.standard_errors).all()
    rest = spells[never == 0]
    without = indicator.uncertainty(rest)
    # expected sum = that of the others + 156 weeks for each spell of the level
    for k, code in enumerate(u.municipalities):
        rows = (spells.municipality_code == code).to_numpy()
        stay, n = never[rows].sum(), rows.sum()
        j = without.municipalities.tolist().index(code)
        assert u.expected[k] == pytest.approx((without.expected[j] * (n - stay) + 156 * stay) / n, rel=1e-9)


def test_expected_durations_by_hand():
    hazard = np.array([0.0, 0.1, 0.3])
    out = indicator.expected_durations(np.array([0.0, np.log(2), -np.inf]), hazard)
    np.testing.assert_allclose(out, [np.exp(-hazard).sum(), np.exp(-2 * hazard).sum(), 3])
    out = indicator.expected_durations(np.array([0.0, -np.inf]), np.array([0.0, 0.1, np.inf]))
    np.testing.assert_allclose(out, [1 + np.exp(-0.1), 3])


def test_efron_ties_give_their_own_indicator_and_nearly_the_derivative(spells, found):
    efron = indicator.uncertainty(spells, ties="efron")
    ordered = spells.sort_values("spell_id").reset_index(drop=True)
    ones = np.ones(len(ordered))
    np.testing.assert_allclose(efron.indicator, whole_calculation(ordered, ones, "efron"), rtol=1e-12)
    assert 0 < np.abs(efron.indicator / found.indicator - 1).max() < 0.02
    np.testing.assert_allclose(efron.standard_errors, found.standard_errors, rtol=0.02)
    person, codes = pd.factorize(ordered.person_id)
    for p in np.random.default_rng(0).choice(len(codes), 5, replace=False):
        h = 1e-4 * (person == p)
        slope = whole_calculation(ordered, ones + h, "efron") - whole_calculation(ordered, ones - h, "efron")
        scale = np.abs(efron.influence[p]).max()
        np.testing.assert_allclose(efron.influence[p], slope / 2e-4, atol=2e-2 * scale)


def test_errors_are_clear(spells):
    with pytest.raises(ValueError, match="ties must be one of breslow, efron"):
        indicator.uncertainty(spells, ties="exact")
    with pytest.raises(ValueError, match="no municipality has enough spells"):
        indicator.uncertainty(spells.assign(is_benchmarked=False))
