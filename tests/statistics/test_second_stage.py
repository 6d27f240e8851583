"""Draws of the indicators, errors in variables and their standard errors: formulas, limits and simulation."""

import numpy as np
import pandas as pd
import pytest
from cost_need_terms import COMPOSITION_TERMS, SHARES
from scipy import optimize, special, stats

from vfm.statistics import cost_need, frontier, indicator_draws, regression, second_stage

MUNICIPALITIES = 60


def expenditure_draws(cells, codes, **settings):
    """Draws around the cost-need model fitted to the same cells."""
    fitted = cost_need.fit(cells, 3, SHARES)[0].params
    return indicator_draws.expenditure_draws(cells, codes, fitted, **settings)


def draws_table(data, covariances, cells, **settings):
    results = cost_need.cost_need_results(cells, cells, COMPOSITION_TERMS).sample(frac=1, random_state=1)
    return indicator_draws.draws_table(data, covariances, cells, results, **settings)


def frontier_intervals(data, draws, **settings):
    results = frontier.frontier_results(data, draws, 19).sample(frac=1, random_state=1)
    return second_stage.frontier_intervals(data, draws, results, **settings)


@pytest.fixture(scope="module")
def world():
    """Second-stage input, covariances of the benchmark indicators and cost-need cells."""
    rng = np.random.default_rng(3)
    codes = np.array([str(101 + k) for k in range(MUNICIPALITIES)])
    cells = pd.DataFrame(
        {"municipality_code": np.repeat(codes, 5), "year": np.tile(np.arange(2011, 2016), MUNICIPALITIES)}
    )
    for term in SHARES:
        cells[term] = rng.beta(2, 6, len(cells))
    level = np.repeat(np.exp(0.15 * rng.standard_normal(MUNICIPALITIES)), 5)
    cells[cost_need.OUTCOME] = (60_000 + 40_000 * cells.share_refugees) * (
        level + 0.1 * rng.standard_normal(len(cells))
    )
    cells = cells[(cells.municipality_code != "105") | (cells.year == 2013)]  # one year only
    indicator = pd.Series(1 + 0.05 * rng.standard_normal(MUNICIPALITIES), index=codes)
    A = 0.02 * rng.standard_normal((MUNICIPALITIES, 3 * MUNICIPALITIES)) / np.sqrt(3 * MUNICIPALITIES)
    V = A @ A.T
    covariances = pd.DataFrame(
        {
            "municipality_code": np.repeat(codes, MUNICIPALITIES),
            "other_municipality_code": np.tile(codes, MUNICIPALITIES),
            "covariance": V.ravel(),
        }
    )
    estimates, _ = expenditure_draws(cells, codes, draws=1)
    data = pd.DataFrame(
        {
            "municipality_code": codes,
            "spells": rng.integers(100, 900, MUNICIPALITIES),
            "benchmark_indicator": indicator.to_numpy(),
            "benchmark_standard_error": np.sqrt(np.diag(V)),
            "expenditure_indicator": estimates[0],
            "programme_persons": rng.integers(60, 900, MUNICIPALITIES),
        }
    )
    return data, covariances, cells, V


@pytest.fixture(scope="module")
def draws(world):
    data, covariances, cells, _ = world
    return draws_table(data, covariances, cells, draws=999, seed=1)


def wide(draws, column):
    drawn = draws[draws.draw > 0]
    return drawn.pivot(index="draw", columns="municipality_code", values=column).to_numpy()


def test_inverse_trigamma():
    for x in (1e-3, 0.4, 3.0, 500.0):
        assert indicator_draws.inverse_trigamma(special.polygamma(1, x)) == pytest.approx(x, rel=1e-9)


def test_moderated_variances_find_their_law():
    rng = np.random.default_rng(5)
    n, d, d0, s02 = 20_000, np.full(20_000, 4), 8.0, 0.3
    truth = s02 * d0 / rng.chisquare(d0, n)
    sample = truth * rng.chisquare(d) / d
    got = indicator_draws.moderated_variances(np.append(sample, 0.0), np.append(d, 0))
    assert got[-1] == pytest.approx(s02, rel=0.03)  # no degrees of freedom: the common value
    np.testing.assert_allclose(got[:-1], (d0 * s02 + d * sample) / (d0 + d), rtol=0.05)
    assert ((got[:-1] - truth) ** 2).mean() < ((sample - truth) ** 2).mean()


def test_equal_variances_are_pooled():
    assert indicator_draws.moderated_variances([0.2, 0.2, 0.2], [4, 4, 4]) == pytest.approx(
        np.full(3, 0.2 * np.exp(-special.digamma(2) + np.log(2)))
    )


def test_draw_0_is_the_estimate_and_the_draws_lie_around_it(world, draws):
    data, _, cells, _ = world
    ordinary, _ = cost_need.fit(cells, 3, SHARES)
    by = cells.sort_values(["municipality_code", "year"]).municipality_code.to_numpy()
    expected = pd.Series(ordinary.fittedvalues.to_numpy())
    indicator = cells.sort_values(["municipality_code", "year"])[cost_need.OUTCOME].to_numpy() / expected
    first = draws[draws.draw == 0]
    np.testing.assert_allclose(first.expenditure_indicator, indicator.groupby(by).mean(), rtol=1e-10)
    np.testing.assert_allclose(first.expected_dkk, expected.groupby(by).mean(), rtol=1e-10)
    np.testing.assert_array_equal(first.benchmark_indicator, data.benchmark_indicator)
    assert draws.draw.max() == 999 and len(draws) == 1000 * MUNICIPALITIES


def test_benchmark_draws_have_the_covariance(world, draws):
    *_, V = world
    drawn = wide(draws, "benchmark_indicator")
    np.testing.assert_allclose(drawn.std(axis=0), np.sqrt(np.diag(V)), rtol=0.12)
    size = np.sqrt(np.outer(np.diag(V), np.diag(V)))
    assert abs((np.cov(drawn.T) - V) / size).max() < 0.16


def test_expected_expenditure_scatters_as_its_clustered_variance(world, draws):
    data, _, cells, _ = world
    _, clustered = cost_need.fit(cells, 3, SHARES)
    ordered = cells.sort_values(["municipality_code", "year"])
    X = cost_need.design(ordered, SHARES).groupby(ordered.municipality_code.to_numpy()).mean().to_numpy()
    analytic = np.sqrt(np.einsum("ij,jk,ik->i", X, clustered.cov_params(), X))
    ratio = wide(draws, "expected_dkk").std(axis=0) / analytic
    assert np.median(ratio) == pytest.approx(1, abs=0.12)


def test_a_single_year_errs_most(world, draws):
    data, *_ = world
    sd = pd.Series(wide(draws, "expenditure_indicator").std(axis=0), index=data.municipality_code)
    assert sd["105"] > 1.5 * sd.median()


def test_draws_are_seeded_and_do_not_depend_on_the_order_of_rows(world, draws):
    data, covariances, cells, _ = world
    again = draws_table(
        *(frame.sample(frac=1, random_state=1) for frame in (data, covariances, cells)), draws=999, seed=1
    )
    pd.testing.assert_frame_equal(again, draws)
    other = draws_table(data, covariances, cells, draws=9, seed=2)
    assert not np.allclose(wide(other, "benchmark_indicator"), wide(draws, "benchmark_indicator")[:9])


@pytest.mark.parametrize("degree", [1, 2])
def test_without_error_it_is_weighted_least_squares(degree):
    rng = np.random.default_rng(0)
    x, y, w = rng.random(30), rng.random(30), rng.random(30)
    b, reliability = second_stage.errors_in_variables(y, x, w, np.zeros(30), degree=degree)
    np.testing.assert_allclose(b, regression.fit(y, x, w, degree=degree).params, rtol=1e-9)
    assert reliability == pytest.approx(1)


def test_a_line_is_the_covariance_over_the_true_variance():
    rng = np.random.default_rng(1)
    x, y, w, s = rng.random(30), rng.random(30), rng.random(30), rng.uniform(0, 0.2, 30)
    p = w / w.sum()
    variance, error = p @ (x - p @ x) ** 2, p @ s**2
    slope = p @ ((x - p @ x) * y) / (variance - error)
    b, reliability = second_stage.errors_in_variables(y, x, w, s)
    np.testing.assert_allclose(b, [p @ y - slope * (p @ x), slope], rtol=1e-10)
    assert reliability == pytest.approx(1 - error / variance)


def test_a_curve_is_found_through_the_error():
    rng = np.random.default_rng(2)
    n, s = 200_000, rng.uniform(0.1, 0.4, 200_000)
    true = 1 + 0.5 * rng.standard_normal(n)
    y = 2 - 3 * true + 1.5 * true**2 + 0.1 * rng.standard_normal(n)
    x = true + s * rng.standard_normal(n)
    b, _ = second_stage.errors_in_variables(y, x, np.ones(n), s, degree=2)
    np.testing.assert_allclose(b, [2, -3, 1.5], rtol=0.03)
    assert abs(regression.fit(y, x, np.ones(n), degree=2).params.to_numpy()[2] - 1.5) > 0.3


def test_a_regressor_that_is_mostly_error_gives_no_estimate():
    rng = np.random.default_rng(0)
    b, reliability = second_stage.errors_in_variables(
        rng.random(50), rng.standard_normal(50), np.ones(50), np.full(50, 1.0)
    )
    assert reliability < 0.1 and np.isnan(b).all()


@pytest.mark.parametrize("seed", range(8))
def test_reliability_is_a_share_and_problems_do_not_disturb_each_other(seed):
    rng = np.random.default_rng(seed)
    x, y, w, s = rng.random((4, 25)), rng.random((4, 25)), rng.random(25), rng.uniform(0, 0.15, 25)
    b, reliability = second_stage.errors_in_variables(y, x, w, s, degree=2)
    for k in range(4):
        one, share = second_stage.errors_in_variables(y[k], x[k], w, s, degree=2)
        np.testing.assert_allclose(b[k], one, rtol=1e-8)
        assert share == pytest.approx(reliability[k]) and share <= 1


def test_standard_errors_are_those_of_simulation_and_intervals_cover():
    rng = np.random.default_rng(8)
    n, draws, slope = 90, 199, 0.5
    w = rng.integers(100, 1000, n).astype(float)
    s, v = rng.uniform(0.06, 0.14, n), rng.uniform(0.01, 0.03, n)
    true = 1 + 0.2 * rng.standard_normal(n)
    found = {"weighted": [], "errors_in_variables": []}
    errors, covered, equations = {k: [] for k in found}, [], []
    for seed in range(150):
        x = true + s * rng.standard_normal(n)
        y = 0.5 + slope * true + 0.04 * rng.standard_normal(n) + v * rng.standard_normal(n)
        b, _, joint, _, equation = second_stage.joint_fit(
            y, x, w, v * rng.standard_normal((draws, n)), s * rng.standard_normal((draws, n)), seed=seed
        )
        equations.append(equation)
        for name in found:
            found[name].append(b[name][1])
            errors[name].append(joint[name][1])
        t = (b["errors_in_variables"][1] - slope) / joint["errors_in_variables"][1]
        covered.append(abs(t) < stats.t.ppf(0.975, n - 2))
    assert np.mean(found["errors_in_variables"]) == pytest.approx(slope, abs=0.02)
    assert np.mean(found["weighted"]) < 0.43
    assert np.mean(equations) == pytest.approx(0.04, abs=0.008)
    for name in found:
        assert np.mean(errors[name]) == pytest.approx(np.std(found[name]), rel=0.2)
    assert 0.9 < np.mean(covered) <= 1


def test_the_weighted_rows_are_the_plain_regression(world, draws):
    data, *_ = world
    joint = second_stage.joint_regressions(data, draws, outlier="130", seed=1)
    plain = regression.indicator_regressions(data, outlier="130")
    weighted = joint[(joint.estimator == "weighted") & (joint.weights == "spells")]
    key = ["sample", "form", "term"]
    assert weighted[key].to_numpy().tolist() == plain[key].to_numpy().tolist()
    np.testing.assert_allclose(weighted.coefficient, plain.coefficient, rtol=1e-9)
    assert (weighted.measurement_standard_error <= 1.1 * weighted.joint_standard_error).all()
    np.testing.assert_allclose(weighted.hc3_standard_error, plain.robust_standard_error, rtol=1e-9)
    assert joint.groupby(["weights", "estimator"]).size().eq(len(plain)).all()
    np.testing.assert_array_equal(joint.coefficient.isna(), joint.reason.eq("not identified"))
    found = joint[joint.coefficient.notna()]
    np.testing.assert_allclose(found.t_value, found.coefficient / found.joint_standard_error)
    assert ((found.ci_low < found.coefficient) & (found.coefficient < found.ci_high)).all()
    significant = (found.ci_low > 0) | (found.ci_high < 0)
    np.testing.assert_array_equal(significant, found.p_value < 0.05)


def test_bad_input_is_named(world, draws):
    data, covariances, cells, _ = world
    with pytest.raises(ValueError, match="cells lacks municipality 999"):
        expenditure_draws(cells, ["101", "999"], draws=3)
    with pytest.raises(ValueError, match="no municipality has two years"):
        expenditure_draws(cells[cells.year == 2013], ["101"], draws=3)
    with pytest.raises(ValueError, match="draws lacks municipality 101"):
        second_stage.joint_regressions(data, draws[draws.municipality_code != "101"])
    negative = cells.assign(**{cost_need.OUTCOME: -cells[cost_need.OUTCOME]})
    with pytest.raises(ValueError, match="expects no expenditure"):
        expenditure_draws(negative, ["101"], draws=3)


@pytest.fixture(scope="module")
def second():
    """A second stage with inefficiency on the cost side, and draws of small or large errors around it."""
    rng = np.random.default_rng(21)
    n = 50
    data = pd.DataFrame(
        {
            "municipality_code": [str(101 + k) for k in range(n)],
            "spells": rng.integers(100, 900, n),
            "benchmark_indicator": 1 + 0.05 * rng.standard_normal(n),
            "benchmark_standard_error": 0.01,
        }
    )
    u = 0.3 * np.abs(rng.standard_normal(n))
    data["expenditure_indicator"] = 0.8 + u + 0.03 * rng.standard_normal(n)

    def drawn(error):
        frames = []
        for k in range(100):
            frame = data.drop(columns=["spells", "benchmark_standard_error"]).assign(
                draw=k, expected_dkk=70_000.0
            )
            for column in ("benchmark_indicator", "expenditure_indicator"):
                frame[column] += (k > 0) * error * rng.standard_normal(n)
            frames.append(frame)
        return pd.concat(frames)

    return data, drawn


def test_with_small_errors_the_joint_interval_is_the_conditional_one(second):
    """What is left is the inefficiency's own law, and the distance is known as well as that law says."""
    data, drawn = second
    exact = pd.concat([drawn(0.002).assign(draw=lambda d, k=k: d.draw + 100 * k) for k in range(5)])
    exact = exact[(exact.draw == 0) | (exact.draw % 100 > 0)]
    got = frontier_intervals(data, exact, seed=1)
    cost = got[got.side == "cost"]
    assert set(cost.boundary) == {"none"}
    gap = (cost.joint_high - cost.conditional_high).abs() / (cost.conditional_high - cost.conditional_low)
    assert gap.median() < 0.15
    # nobody's place is surer than the draws of the inefficiency: most efficient is not best beyond doubt
    assert cost["rank"].between(cost.rank_low, cost.rank_high).all()
    assert cost.probability_among_ten_best.sum() == pytest.approx(10)
    np.testing.assert_allclose(cost.distance_dkk, 70_000 * cost.inefficiency)
    np.testing.assert_allclose(cost.distance_dkk_high, 70_000 * cost.joint_high)
    line = regression.fit(
        data.expenditure_indicator, data.benchmark_indicator, data.spells, degree=2, name="benchmark"
    )
    np.testing.assert_allclose(cost.excess_dkk, 70_000 * line.resid, atol=1e-4)
    assert (cost.excess_dkk_high - cost.excess_dkk_low).median() < 2_500
    assert got[got.side == "production"].distance_dkk.isna().all()


def test_errors_widen_the_intervals(second):
    data, drawn = second
    few, many = (frontier_intervals(data, drawn(e), seed=1) for e in (0.01, 0.15))
    for table in (few, many):
        told = table[table.boundary != "sigma_u"]
        assert (told.joint_low < told.joint_high).all() and (told.rank_low <= told.rank_high).all()
        assert told.inefficiency.between(told.joint_low, told.joint_high).all()
        assert (told.probability_among_ten_best.groupby(told.side).sum().round(9) == 10).all()
    few, many = few[few.side == "cost"], many[many.side == "cost"]
    assert (many.rank_high - many.rank_low).median() > (few.rank_high - few.rank_low).median()
    assert (many.excess_dkk_high - many.excess_dkk_low).min() > 20_000


def test_where_no_inefficiency_is_found_no_municipality_is_told_anything(second):
    """Skewed against the model: no inefficiency, no interval, no rank, and never an interval of no width."""
    data, drawn = second
    turned = lambda frame: frame.assign(expenditure_indicator=2.2 - frame.expenditure_indicator)  # noqa: E731
    got = frontier_intervals(turned(data), turned(drawn(0.05)), seed=1)
    cost = got[got.side == "cost"]
    assert set(cost.boundary) == {"sigma_u"}
    told = ["inefficiency", "conditional_low", "joint_low", "joint_high", "rank", "rank_low", "distance_dkk"]
    assert cost[told].isna().all(axis=None) and cost.excess_dkk.notna().all()
    assert cost.probability_among_ten_best.isna().all()
    assert (cost.share_of_draws_at_the_regression > 0.5).all()


def test_an_inefficiency_that_no_test_finds_may_be_nothing(second):
    data, drawn = second
    draws = drawn(0.05)
    results = frontier.frontier_results(data, draws, 19)
    unsure = results.assign(lr_bootstrap_p_value=0.4)
    got = second_stage.frontier_intervals(data, draws, unsure, seed=1)
    cost = got[got.side == "cost"]
    assert (cost.joint_low == 0).all() and (cost.distance_dkk_low == 0).all() and (cost.joint_high > 0).all()
    sure = second_stage.frontier_intervals(data, draws, results.assign(lr_bootstrap_p_value=0.01), seed=1)
    np.testing.assert_array_equal(sure[sure.side == "cost"].joint_high, cost.joint_high)
    assert (sure[sure.side == "cost"].joint_low > 0).all()


def test_an_indicator_without_an_error_is_refused(second):
    data, drawn = second
    with pytest.raises(ValueError, match="expenditure indicator has a standard error of 0 in 50 of 50"):
        frontier.known_noise_table(data, drawn(0.0))
    with pytest.raises(ValueError, match="benchmark indicator has a standard error of 0 in 1 of 50"):
        first = data.municipality_code == "101"
        frontier.known_noise_table(
            data.assign(benchmark_standard_error=data.benchmark_standard_error.mask(first, 0.0)), drawn(0.05)
        )
    with pytest.raises(ValueError, match="y and X have 1 rows"):
        frontier.known_noise_table(data[:1], drawn(0.05))


def test_frontier_intervals_do_not_depend_on_the_order_of_rows(second):
    data, drawn = second
    draws = drawn(0.05)
    shuffled = frontier_intervals(
        data.sample(frac=1, random_state=1), draws.sample(frac=1, random_state=1), seed=3
    )
    pd.testing.assert_frame_equal(frontier_intervals(data, draws, seed=3), shuffled)
    with pytest.raises(ValueError, match="draws lacks municipality 103"):
        frontier_intervals(data, draws[draws.municipality_code != "103"])


def test_no_estimate_has_no_standard_error():
    rng = np.random.default_rng(6)
    x, y = rng.standard_normal(40), rng.standard_normal(40)
    b, measurement, joint, reliability, _ = second_stage.joint_fit(
        y, x, np.ones(40), 0.1 * rng.standard_normal((99, 40)), 1.2 * rng.standard_normal((99, 40))
    )
    assert reliability < 0
    for found in (b, measurement, joint):
        assert np.isnan(found["errors_in_variables"]).all() and np.isfinite(found["weighted"]).all()


def test_what_is_not_identified_is_missing_with_a_reason(world, draws):
    data, *_ = world
    wild = draws.assign(
        expenditure_indicator=draws.expenditure_indicator
        + (draws.draw > 0) * np.random.default_rng(1).standard_normal(len(draws))
    )
    joint = second_stage.joint_regressions(data, wild, outlier="130")
    corrected = joint[joint.estimator == "errors_in_variables"]
    assert corrected.reason.eq("not identified").all() and corrected.coefficient.isna().all()
    assert joint.reliability.isna().all()
    weighted = joint[joint.estimator == "weighted"]
    assert weighted.reason.isna().all() and weighted.joint_standard_error.gt(0).all()


def test_a_structural_equation_model_with_a_fixed_error_variance_has_the_same_slope():
    """The slope of maximum likelihood: y on the true x, x measured with an error of known variance."""
    rng = np.random.default_rng(12)
    n, error = 92, 0.1
    true = 1 + 0.2 * rng.standard_normal(n)
    x, y = true + error * rng.standard_normal(n), 0.9 + 0.1 * true + 0.04 * rng.standard_normal(n)
    seen = np.cov(x, y, ddof=0)

    def loss(theta):
        slope, spread, around = theta[0], np.exp(theta[1]), np.exp(theta[2])
        V = np.array([[spread + error**2, slope * spread], [slope * spread, slope**2 * spread + around]])
        return np.linalg.slogdet(V)[1] + np.trace(np.linalg.solve(V, seen))

    best = optimize.minimize(
        loss,
        [0.0, -3.0, -6.0],
        method="Nelder-Mead",
        options={"xatol": 1e-10, "fatol": 1e-14, "maxiter": 5000},
    )
    b, _ = second_stage.errors_in_variables(y, x, np.ones(n), np.full(n, error))
    assert best.x[0] == pytest.approx(b[1], rel=1e-5)


def test_precision_weights_follow_the_errors_and_the_variance_between():
    rng = np.random.default_rng(4)
    s = rng.uniform(0.01, 0.05, 4_000)
    y = 1 + 0.03 * rng.standard_normal(4_000) + s * rng.standard_normal(4_000)
    np.testing.assert_allclose(regression.precision_weights(y, s), 1 / (0.03**2 + s**2), rtol=0.1)
    same = regression.precision_weights(y, np.full(4_000, 0.02))
    np.testing.assert_array_equal(same, same[0])
