"""Intervals that borrow from the others and still hold, and draws of the true indicators."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from vfm.statistics import comparing, shrinkage
from vfm.statistics.arguments import InputError

SIZES = np.geomspace(0.4, 2.5, 30)  # standard errors of 30 units whose true values have the spread 1


def others(y, s, j):
    """Mean and variance of the units but one: Paule and Mandel's equation, solved by halving."""
    y, s = np.delete(y, j), np.delete(s, j)

    def mean(variance):
        w = 1 / (s**2 + variance)
        return w @ y / w.sum()

    def excess(variance):
        return ((y - mean(variance)) ** 2 / (s**2 + variance)).sum() - (len(y) - 1)

    low, high = 0.0, 100.0
    if excess(low) <= 0:
        return mean(0.0), 0.0
    for _ in range(100):
        middle = (low + high) / 2
        low, high = (middle, high) if excess(middle) > 0 else (low, middle)
    return mean(low), low


def interval_by_its_tests(y, s, mean, variance, alpha=0.05):
    """The values on a fine grid whose tests do not reject y; the share below each is looked up."""
    shares = 1 / (1 + np.exp(-np.linspace(-40, 40, 200_001)))
    rest = 1 / (1 + np.exp(np.linspace(-40, 40, 200_001)))
    at = stats.norm.ppf(alpha * shares) - stats.norm.ppf(alpha * rest)
    theta = np.linspace(y - 5 * s, y + 5 * s, 100_001)
    place = 2 * s * (theta - mean) / variance
    below, above = np.interp(place, at, shares), np.interp(place, at, rest)
    kept = (y > theta + s * stats.norm.ppf(alpha * below)) & (y < theta - s * stats.norm.ppf(alpha * above))
    return theta[kept].min(), theta[kept].max()


def test_an_interval_holds_what_its_tests_do_not_reject():
    y = np.random.default_rng(5).standard_normal(len(SIZES)) * np.sqrt(1 + SIZES**2)
    low, high = shrinkage.adaptive_intervals(y, SIZES)
    for j in (0, 9, 19, 29):
        mine = interval_by_its_tests(y[j], SIZES[j], *others(y, SIZES, j))
        np.testing.assert_allclose((low[j], high[j]), mine, atol=3e-4 * SIZES[j])


def test_they_hold_for_each_unit_also_for_the_farthest_and_are_shorter():
    rng = np.random.default_rng(8)
    truth = rng.standard_normal(len(SIZES))
    truth[[3, 20]] = 4.0, -4.0  # four times the spread
    held, width = np.zeros(len(SIZES)), 0.0
    for _ in range(250):
        low, high = shrinkage.adaptive_intervals(truth + SIZES * rng.standard_normal(len(SIZES)), SIZES)
        held += (low < truth) & (truth < high)
        width += (high - low).mean() / 250
    assert (held / 250).min() > 0.905  # a binomial share of 0.95 over 250 worlds, three errors below
    assert 0.935 < held.mean() / 250 < 0.965
    assert width < 0.9 * 2 * 1.96 * SIZES.mean()


def test_without_a_spread_an_interval_reaches_to_the_mean_of_the_others():
    y = np.array([0.3, -0.2, 0.1, 4.0])
    low, high = shrinkage.adaptive_intervals(y, np.full(4, 10.0))
    one_sided = 10 * stats.norm.ppf(0.95)
    np.testing.assert_allclose(high, np.maximum(y + one_sided, y), rtol=1e-9)
    np.testing.assert_allclose(low, y - one_sided, rtol=1e-9)
    assert (high - low > 0).all()


def test_fewer_than_three_units_have_no_interval():
    with pytest.raises(InputError, match="estimates has 2 rows: .* at least 3 units"):
        shrinkage.adaptive_intervals([1.0, 2.0], [1.0, 1.0])
    two = pd.DataFrame(
        {"municipality_code": ["101", "147"], "indicator": [1.0, 1.1], "log_standard_error": [0.1, 0.1]}
    )
    table = shrinkage.intervals_table(two)
    assert len(table) == 2 and table[["ci_low", "ci_high"]].isna().all(axis=None)
    none = two.assign(log_standard_error=[np.nan, 0.0])
    assert len(shrinkage.intervals_table(none)) == 0


# Gelman et al., Bayesian Data Analysis, third edition: Table 5.2 (estimates and errors of eight schools) and
# the medians of Table 5.3, whole numbers from 200 draws of the same model with the same priors
SCHOOLS = np.array([28.0, 8, -3, 7, -1, 1, 18, 12])
ERRORS = np.array([15.0, 10, 16, 11, 9, 11, 10, 18])
MEDIANS = np.array([10, 8, 7, 8, 5, 6, 10, 8])


def test_posterior_of_the_eight_schools():
    draws = shrinkage.posterior_draws(SCHOOLS, np.diag(ERRORS**2), draws=20_000, seed=1)
    np.testing.assert_allclose(np.median(draws, axis=0), MEDIANS, atol=1.3)


def test_posterior_with_a_full_covariance_by_dense_algebra():
    rng = np.random.default_rng(3)
    root = rng.standard_normal((8, 8)) * 6
    V, ones = root @ root.T + np.diag(ERRORS**2), np.ones(8)
    weights, means = [], []
    for spread in np.linspace(0.05, 120, 2400):
        W = np.linalg.inv(V + spread**2 * np.eye(8))
        information = ones @ W @ ones
        mean = ones @ W @ SCHOOLS / information
        gap = SCHOOLS - mean
        weights.append(0.5 * (np.linalg.slogdet(W)[1] - np.log(information) - gap @ W @ gap))
        means.append(mean + spread**2 * W @ gap)
    weights = np.exp(np.array(weights) - max(weights))
    exact = weights @ np.array(means) / weights.sum()
    draws = shrinkage.posterior_draws(SCHOOLS, V, draws=40_000, seed=2)
    np.testing.assert_allclose(
        draws.mean(axis=0), exact, atol=4 * draws.std(axis=0).max() / np.sqrt(40_000) + 0.1
    )


def indicators_of(log_values):
    codes = [f"{101 + k}" for k in range(len(log_values))]
    return pd.DataFrame({"municipality_code": codes, "indicator": np.exp(log_values)})


def covariances_of(indicators, V):
    codes, value = indicators["municipality_code"].to_numpy(), indicators["indicator"].to_numpy()
    return pd.DataFrame(
        {
            "municipality_code": np.repeat(codes, len(codes)),
            "other_municipality_code": np.tile(codes, len(codes)),
            "covariance": (V * np.outer(value, value)).ravel(),
        }
    )


def test_probabilities_of_fifths_hold_what_they_say():
    rng = np.random.default_rng(12)
    V = np.diag(SIZES**2) / 100
    stated, held = [], []
    for seed in range(150):
        truth = 0.1 * rng.standard_normal(len(SIZES))
        indicators = indicators_of(truth + np.sqrt(np.diag(V)) * rng.standard_normal(len(SIZES)))
        table = shrinkage.quintile_probabilities(
            indicators, covariances_of(indicators, V), draws=999, seed=seed
        )
        fifth = comparing.quintiles(comparing.ranks(truth[None]), len(truth))[0]
        stated.append(table["probability"].to_numpy())
        held.append(table["quintile"].to_numpy() == np.repeat(fifth, 5))
    stated, held = np.concatenate(stated), np.concatenate(held)
    tenth = np.minimum((10 * stated).astype(int), 9)
    for place in range(10):
        within = tenth == place
        if within.sum() >= 200:
            error = 0.5 / np.sqrt(within.sum())
            assert abs(stated[within].mean() - held[within].mean()) < 0.01 + 2 * error, place


def test_fifths_of_municipalities_far_apart_are_certain_and_of_one_municipality_the_last():
    indicators = indicators_of(np.arange(10.0))
    table = shrinkage.quintile_probabilities(indicators, covariances_of(indicators, np.eye(10) * 1e-8))
    certain = table[table["probability"] == 1]
    assert certain["quintile"].tolist() == [5, 5, 4, 4, 3, 3, 2, 2, 1, 1]
    one = indicators.head(1)
    table = shrinkage.quintile_probabilities(one, covariances_of(one, np.eye(1)))
    assert table["probability"].tolist() == [0, 0, 0, 0, 1]
    assert len(shrinkage.quintile_probabilities(one.head(0), covariances_of(one.head(0), np.eye(0)))) == 0
