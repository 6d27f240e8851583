"""Frontiers against Coelli's program, published results, and data with known truth."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, optimize, stats
from scipy.stats import norm

from vfm.statistics import frontier
from vfm.statistics.frontier import batches, laws, search

DATA = Path(__file__).parents[1] / "support/data"


@pytest.fixture(scope="module")
def firms():
    d = pd.read_csv(DATA / "front41.csv")
    return np.log(d.output), np.log(d[["capital", "labour"]]), d.coelli_efficiency.to_numpy()


@pytest.fixture(scope="module")
def states():
    d = pd.read_csv(DATA / "transportation_equipment.csv")
    return np.log(d.value_added), np.log(d[["capital", "labor"]])


def test_half_normal_equals_frontier_41(firms):
    """EG1.OUT of Coelli's Frontier 4.1; the program stops at a relative change of 1e-5."""
    y, X, efficiency = firms
    r = frontier.fit(y, X)
    np.testing.assert_allclose(r.coefficients, [0.56161963, 0.28110205, 0.53647981], rtol=6e-6)
    assert r.sigma_u**2 + r.sigma_v**2 == pytest.approx(0.21700046, rel=5e-6)
    assert r.gamma == pytest.approx(0.79720730, rel=5e-6)
    assert r.log_likelihood == pytest.approx(-17.027229, abs=5e-6)
    assert r.ols_log_likelihood == pytest.approx(-18.446849, abs=1e-5)
    assert r.lr_statistic == pytest.approx(2.8392402, abs=1e-5)
    np.testing.assert_allclose(r.efficiency, efficiency, atol=2e-6)
    assert r.efficiency.mean() == pytest.approx(0.74056772, abs=1e-6)
    # his standard errors are those of the optimiser's last update
    np.testing.assert_allclose(r.standard_errors, [0.20261668, 0.047643365, 0.045251553], rtol=4e-3)


def test_half_normal_equals_the_exact_maximum(firms):
    """Two independent calculations agree on these digits (the design's reference table)."""
    y, X, _ = firms
    r = frontier.fit(y, X)
    np.testing.assert_allclose(r.coefficients, [0.561616632, 0.281102560, 0.536480309], atol=1e-9)
    np.testing.assert_allclose(r.standard_errors, [0.20257855, 0.04749772, 0.04517345], atol=1e-8)
    assert r.sigma_u**2 + r.sigma_v**2 == pytest.approx(0.216999944, abs=1e-9)
    assert r.gamma == pytest.approx(0.797206197, abs=1e-9)
    assert r.log_likelihood == pytest.approx(-17.027225424, abs=1e-9)
    assert r.ols_log_likelihood == pytest.approx(-18.446841022, abs=1e-9)
    assert r.lr_p_value == pytest.approx(0.045994, abs=1e-6)
    assert np.exp(-r.inefficiency).mean() == pytest.approx(0.7324531, abs=1e-7)
    assert not r.wrong_skewness and r.converged and r.boundary == ""


def test_exponential_equals_two_packages(firms):
    y, X, _ = firms
    r = frontier.fit(y, X, distribution="exponential")
    np.testing.assert_allclose(r.coefficients, [0.44049824, 0.28434911, 0.54233418], atol=1e-8)
    np.testing.assert_allclose([r.sigma_v, r.sigma_u], [0.23303011, 0.23529959], atol=1e-8)
    assert r.log_likelihood == pytest.approx(-16.80752266, abs=1e-8)


def test_truncated_normal_has_the_likelihood_of_frontier_41_and_a_higher_maximum(firms):
    """R's `frontier` 1.1-8 keeps mu within 2 sigma_u and stops on that bound; the maximum lies beyond."""
    y, X, _ = firms
    b, variance, gamma, mu = [0.476405744, 0.282593086, 0.540384982], 0.547758391, 0.908146195, -1.410595
    su = np.sqrt(gamma * variance)
    assert mu / su == pytest.approx(-2, abs=1e-4)
    e = (y - b[0] - X @ b[1:]).to_numpy()
    theirs = laws.truncated_normal(e, su, np.full(60, (1 - gamma) * variance), mu / su)[0].sum()
    assert theirs == pytest.approx(-16.79566745, abs=3e-6)  # mu is printed with six decimals
    r = frontier.fit(y, X, distribution="truncated_normal")
    assert r.log_likelihood == pytest.approx(-16.7856334, abs=1e-6)
    assert r.log_likelihood > theirs and r.log_likelihood > frontier.fit(y, X).log_likelihood
    assert r.mu < -2 * r.sigma_u and r.converged
    assert r.lr_p_value == pytest.approx(frontier.mixed_chi_square_p(r.lr_statistic, "truncated_normal"))


def test_equipment_data_equal_the_published_example(states):
    """The example of Greene, Stata (`greene9`) and SAS. An envelope without noise would fit even better
    here."""
    r = frontier.fit(*states)
    np.testing.assert_allclose(r.coefficients, [2.0811347, 0.2585478, 0.7802451], atol=1e-7)
    assert r.sigma_u**2 + r.sigma_v**2 == pytest.approx(0.0797496, abs=1e-7)
    assert r.gamma == pytest.approx(0.6152445, abs=1e-7)
    assert r.lambda_ == pytest.approx(1.2645, abs=1e-4)
    assert r.log_likelihood == pytest.approx(2.469521, abs=1e-6)
    assert r.ols_log_likelihood == pytest.approx(2.253715, abs=1e-6)
    assert r.lr_statistic == pytest.approx(0.431613, abs=1e-6)
    assert r.lr_p_value == pytest.approx(0.2556, abs=1e-4)
    assert r.efficiency.mean() == pytest.approx(0.8466950, abs=1e-7)
    assert r.noiseless_log_likelihood == pytest.approx(2.704088, abs=1e-6)


@pytest.mark.parametrize("distribution", frontier.DISTRIBUTIONS)
def test_wrong_skewness_falls_back_on_the_regression(firms, distribution):
    y, X, _ = firms
    r = frontier.fit(y, X, side="cost", distribution=distribution)
    assert r.wrong_skewness and r.boundary == "sigma_u" and r.converged
    np.testing.assert_allclose(r.coefficients, [0.244898232, 0.280492580, 0.533306352], atol=1e-9)
    assert (r.sigma_u, r.lr_statistic, r.lr_p_value, r.gamma) == (0, 0, 1, 0)
    assert (r.efficiency == 1).all() and (r.inefficiency == 0).all()
    assert r.sigma_v**2 == pytest.approx(0.108285679, abs=1e-9)
    # the order falls back on the residual: the lowest cost beyond the line is best
    assert r.rank[np.argmin(r.residuals)] == 1 and sorted(r.rank) == list(range(1, 61))
    assert np.isnan(r.standard_errors_sigma["sigma_u"]) and np.isfinite(r.standard_errors).all()


def simulated(n=400, *, side="production", law="half_normal", su=0.3, sv=0.15, seed=0, mu=0.3):
    rng = np.random.default_rng(seed)
    x = rng.uniform(0.5, 1.5, n)
    if law == "exponential":
        u = rng.exponential(su, n)
    elif law == "half_normal":
        u = np.abs(su * rng.standard_normal(n))
    else:
        u = norm.ppf(rng.uniform(norm.cdf(-mu / su), 1, n)) * su + mu
    y = 1 + 0.5 * x - 0.1 * x**2 + sv * rng.standard_normal(n)
    return (y - u if side == "production" else y + u), np.column_stack([x, x**2]), u


def test_wrong_skewness_does_not_stop_the_search():
    """Some data are skewed against the model and still have a maximum with inefficiency above the
    regression."""
    found = 0
    rng = np.random.default_rng(12)
    while found < 2:  # about one in a hundred of the data sets looked at
        X, y = rng.standard_normal((30, 2)), rng.standard_t(4, 30)
        X1 = np.column_stack([np.ones(30), X])
        e = y - X1 @ np.linalg.lstsq(X1, y, rcond=None)[0]
        if not 0 < (e**3).mean() / (e**2).mean() ** 1.5 < 0.08:
            continue
        r = frontier.fit(y, X)
        assert r.wrong_skewness
        if r.boundary == "":
            assert r.log_likelihood > r.ols_log_likelihood and r.sigma_u > 0 and r.converged
            found += 1


@pytest.mark.parametrize("side", frontier.SIDES)
@pytest.mark.parametrize("law", ["half_normal", "exponential"])
def test_known_parameters_are_found(side, law):
    y, X, u = simulated(4000, side=side, law=law)
    r = frontier.fit(y, X, side=side, distribution=law)
    z = (r.coefficients - [1, 0.5, -0.1]) / r.standard_errors
    assert np.abs(z).max() < 4
    assert abs(r.sigma_u - 0.3) < 4 * r.standard_errors_sigma["sigma_u"]
    assert abs(r.sigma_v - 0.15) < 4 * r.standard_errors_sigma["sigma_v"]
    assert np.corrcoef(r.inefficiency, u)[0, 1] > 0.7
    assert r.lr_p_value < 1e-6 and not r.wrong_skewness
    sign = frontier.SIDES[side]
    best = np.argmin(r.rank)
    assert sign * r.residuals[best] == (sign * r.residuals).max()
    np.testing.assert_allclose(r.level_efficiency, 1 - r.inefficiency / r.frontier)


def test_cost_is_production_turned_upside_down():
    y, X, _ = simulated(200)
    production, cost = frontier.fit(y, X), frontier.fit(-y, X, side="cost")
    np.testing.assert_allclose(cost.coefficients, -production.coefficients, atol=1e-7)
    np.testing.assert_allclose(cost.efficiency, production.efficiency, atol=1e-8)
    assert cost.log_likelihood == pytest.approx(production.log_likelihood, abs=1e-9)


@pytest.mark.parametrize("distribution", frontier.DISTRIBUTIONS)
def test_densities_are_convolutions_and_expectations_are_integrals(distribution):
    su, sv, tau = 0.4, 0.25, -0.6
    law = {
        "half_normal": lambda u: 2 * norm.pdf(u, 0, su),
        "exponential": lambda u: np.exp(-u / su) / su,
        "truncated_normal": lambda u: norm.pdf(u, tau * su, su) / norm.cdf(tau),
    }[distribution]
    for e in (-1.2, -0.3, 0.0, 0.5):
        joint = lambda u, e=e: law(u) * norm.pdf(e + u, 0, sv)  # noqa: E731
        total = integrate.quad(joint, 0, 6, epsabs=1e-13)[0]
        arguments = (np.array([e]), su, np.array([sv**2]), tau)
        assert frontier.DENSITIES[distribution](*arguments)[0][0] == pytest.approx(np.log(total), abs=1e-9)
        mean, efficiency = frontier.conditional_means(distribution, *arguments)
        assert mean[0] == pytest.approx(
            integrate.quad(lambda u, j=joint: u * j(u), 0, 6)[0] / total, abs=1e-8
        )
        expected = integrate.quad(lambda u, j=joint: np.exp(-u) * j(u), 0, 6)[0] / total
        assert efficiency[0] == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize("distribution", frontier.DISTRIBUTIONS)
def test_scores_are_derivatives(distribution):
    y, X, _ = simulated(50, seed=3)
    n, noise = 50, np.linspace(0.0, 0.2, 50)
    problem = search.Problem(
        y,
        np.column_stack([np.ones(n), X]),
        np.linspace(0.5, 1.5, n),
        noise,
        -1.0,
        frontier.DENSITIES[distribution],
    )
    theta = np.array([0.1, -0.2, 0.3, 0.8, 0.6, -1.3])[: 6 if distribution == "truncated_normal" else 5]
    slope = optimize.approx_fprime(theta, lambda t: problem.value(t)[0], 1e-7)
    np.testing.assert_allclose(problem.value(theta)[1], slope, rtol=1e-4, atol=1e-3)


def test_the_tails_do_not_overflow():
    e = np.array([-50.0, -5.0, 0.0, 5.0, 50.0])
    for law in frontier.DISTRIBUTIONS:
        for su, sv in ((1e-4, 1.0), (1.0, 1e-4), (5.0, 5.0)):
            parts = frontier.DENSITIES[law](e, su, np.full(5, sv**2), -3.0)
            assert all(np.isfinite(p).all() for p in parts if p is not None), (law, su, sv)
            mean, efficiency = frontier.conditional_means(law, e, su, np.full(5, sv**2), -3.0)
            assert np.isfinite(mean).all() and (mean >= 0).all()
            assert ((efficiency >= 0) & (efficiency <= 1)).all()


def test_integer_weights_are_copies_of_rows():
    y, X, _ = simulated(80, seed=5)
    weights = np.random.default_rng(1).integers(1, 5, 80)
    rows = np.repeat(np.arange(80), weights)
    weighted, copied = frontier.fit(y, X, weights=weights), frontier.fit(y[rows], X[rows])
    np.testing.assert_allclose(weighted.coefficients, copied.coefficients, atol=1e-7)
    assert weighted.sigma_u == pytest.approx(copied.sigma_u, abs=1e-7)
    # scaled to the number of rows, on the log-likelihood
    assert weighted.log_likelihood * weights.sum() / 80 == pytest.approx(copied.log_likelihood, rel=1e-9)
    np.testing.assert_allclose(
        weighted.coefficients, frontier.fit(y, X, weights=weights * 1000.0).coefficients, atol=1e-9
    )


def test_units_do_not_matter():
    y, X, _ = simulated(150, seed=6)
    one, two = frontier.fit(y, X), frontier.fit(1e6 * y + 3e6, X * [100, 1e-4])
    np.testing.assert_allclose(two.inefficiency, 1e6 * one.inefficiency, rtol=1e-5)
    assert two.lr_statistic == pytest.approx(one.lr_statistic, abs=1e-7)
    np.testing.assert_allclose(
        two.standard_errors[1:] * [100, 1e-4], 1e6 * one.standard_errors[1:], rtol=1e-5
    )


def test_the_corner_without_noise_is_an_envelope():
    """No noise at all and few rows: the way up ends where sigma_v is 0."""
    rng = np.random.default_rng(2)
    corners = 0
    for _ in range(12):
        x = rng.uniform(0, 1, 25)
        y = 1 + x - rng.exponential(0.5, 25) ** 1.5
        r = frontier.fit(y, x)
        if r.boundary == "sigma_v":
            corners += 1
            assert r.sigma_v == 0 and r.gamma == 1 and r.lambda_ == np.inf and r.converged
            assert (r.residuals <= 1e-9).all() and (np.abs(r.residuals) < 1e-9).any()
            np.testing.assert_allclose(r.inefficiency, np.maximum(-r.residuals, 0))
            # no other envelope is nearer in squares: compare with a general solver
            X1 = np.column_stack([np.ones(25), x])
            b = optimize.minimize(
                lambda b, X=X1, y=y: ((X @ b - y) ** 2).sum(),
                r.coefficients + [0.1, 0],
                method="SLSQP",
                constraints={"type": "ineq", "fun": lambda b, X=X1, y=y: X @ b - y},
                options={"ftol": 1e-14},
            ).x
            assert (r.residuals**2).sum() <= ((y - X1 @ b) ** 2).sum() + 1e-7
    assert corners > 0


def test_hardly_any_noise_does_not_stop_the_search():
    """Searches that run into the cliff beside sigma_v = 0 once stopped below it, or halfway along it."""
    corners = 0
    for seed in (7, 18, 22, 42, 70, 87, 231):
        rng = np.random.default_rng(seed)
        x = np.clip(rng.normal(1, 0.05, 92), 0.9, 1.25)
        weights = rng.integers(100, 900, 92).astype(float)
        y = 0.75 + np.abs(rng.normal(0, 0.3, 92)) + rng.normal(0, 0.02, 92)
        one = frontier.fit(y, np.column_stack([x, x * x]), weights=weights, side="cost")
        assert one.converged and one.sigma_u > 0
        many = frontier.fit_half_normal(
            y[:, None], np.column_stack([np.ones(92), x, x * x])[None], weights * 92 / weights.sum(), "cost"
        )
        assert many.statistic[0] == pytest.approx(one.lr_statistic, abs=1e-5)
        corners += one.boundary == "sigma_v"
    assert 0 < corners < 7


def test_known_noise_takes_the_place_of_noise():
    """Outcomes measured with known, unequal errors: sigma_v is what they leave over."""
    y, X, u = simulated(3000, sv=0.0, seed=8)
    rng = np.random.default_rng(4)
    known = rng.uniform(0.05, 0.3, 3000)
    y = y + known * rng.standard_normal(3000)
    r = frontier.fit(y, X, noise_standard_error=known)
    assert abs(r.sigma_u - 0.3) < 4 * r.standard_errors_sigma["sigma_u"]
    assert r.sigma_v < 0.06
    blind = frontier.fit(y, X)
    assert np.corrcoef(r.inefficiency, u)[0, 1] > np.corrcoef(blind.inefficiency, u)[0, 1]
    # equal known errors are the same model with a smaller sigma_v
    y, X, _ = simulated(400, seed=9)
    plain, equal = frontier.fit(y, X), frontier.fit(y, X, noise_standard_error=np.full(400, 0.1))
    assert equal.sigma_v**2 + 0.01 == pytest.approx(plain.sigma_v**2, rel=1e-6)
    assert equal.log_likelihood == pytest.approx(plain.log_likelihood, abs=1e-8)
    np.testing.assert_allclose(equal.efficiency, plain.efficiency, atol=1e-6)
    # and too large ones leave no sigma_v
    too_large = frontier.fit(y, X, noise_standard_error=np.full(400, 0.5))
    assert too_large.sigma_v < 1e-4 and too_large.converged


@pytest.mark.parametrize("seed", range(4))
def test_the_truncated_normal_corner_is_the_highest_envelope(seed):
    """Without noise: the envelope, mu and sigma_u that a general solver finds from many starts."""
    rng = np.random.default_rng(seed)
    n = 40
    x = rng.uniform(0, 1, n)
    X = np.column_stack([np.ones(n), x])
    y = 1 + x + (0.3 + 0.2 * rng.standard_normal(n) if seed % 2 else 0.0) ** 2 + rng.exponential(0.3, n)
    problem = search.Problem(y, X, np.ones(n), np.zeros(n), -1.0, laws.truncated_normal)
    corner = problem.without_noise()
    u = -problem.residuals(corner.beta)
    assert u.min() > -1e-9 and u.min() < 1e-4

    def minus(v):
        u, su = -problem.residuals(v[:2]), np.exp(v[2])
        return -(stats.norm.logpdf(u, v[3] * su, su) - stats.norm.logcdf(v[3])).sum()

    own = minus([*corner.beta, np.log(corner.sigma_u), corner.tau])
    assert own == pytest.approx(-corner.value, abs=1e-6)
    constraint = {"type": "ineq", "fun": lambda v: -problem.residuals(v[:2])}
    for tau in (-6.0, -1.0, 0.5):
        found = optimize.minimize(
            minus, [*corner.beta, 0.0, tau], constraints=constraint, method="SLSQP", options={"maxiter": 500}
        )
        assert found.fun > own - 1e-4 or -problem.residuals(found.x[:2]).min() < -1e-9


@pytest.mark.parametrize("distribution", frontier.DISTRIBUTIONS)
def test_known_noise_side_by_side_equals_single_fits(distribution):
    rng = np.random.default_rng(3)
    n, count = 60, 10
    x = rng.uniform(0.8, 1.2, n)
    X = np.column_stack([np.ones(n), x])
    known = rng.uniform(0.03, 0.2, n)
    u = np.abs(rng.standard_normal((count, n))) * np.linspace(0, 0.4, count)[:, None]
    y = (x + u + known * rng.standard_normal((count, n))).T
    many = batches._fit_batch(y, X, np.ones(n), -1.0, laws.DENSITIES[distribution], known)
    corners = set()
    for k in range(count):
        one = frontier.fit(y[:, k], x, side="cost", distribution=distribution, noise_standard_error=known)
        assert one.converged
        corners.add(one.boundary)
        # the likelihood of the truncated normal is flat: many a mu fits as well
        assert many.statistic[k] == pytest.approx(
            one.lr_statistic, abs=0.05 if distribution == "truncated_normal" else 1e-4
        )
        if distribution == "half_normal" and many.statistic[k] > 1e-4:
            assert (many.sigma_u[k] == 0) == (one.boundary == "sigma_u")
            assert (many.sigma_v[k] == 0) == (one.sigma_v == 0)
            np.testing.assert_allclose(many.residuals[:, k], -one.residuals, atol=1e-3)
    assert "sigma_v" in corners


def test_the_bootstrap_with_known_noise_holds_its_size():
    """Unequal known errors and no inefficiency: 5 % of the p-values are below 5 %."""
    rng = np.random.default_rng(7)
    n = 50
    x, known = rng.uniform(0, 1, n), rng.uniform(0.02, 0.3, n)
    p = []
    for k in range(100):
        r = frontier.fit(1 + x + known * rng.standard_normal(n), x, noise_standard_error=known)
        p.append(frontier.bootstrap_p_value(r, x, noise_standard_error=known, draws=59, seed=k))
    assert (np.array(p) <= 0.05).mean() < 0.05 + 2.6 * np.sqrt(0.05 * 0.95 / 100)
    assert (np.array(p) == 1).mean() > 0.3


def test_noise_that_errs_upwards_is_not_taken_for_inefficiency():
    """Skewed errors of known law: their own draws hold the size that a normal law does not."""
    rng = np.random.default_rng(3)
    n = 60
    x, known = rng.uniform(0, 1, n), rng.uniform(0.1, 0.3, n)
    drawn = known * (rng.gamma(2.0, size=(400, n)) - 2) / np.sqrt(2)
    normal_law, own_law = [], []
    for k in range(40):
        noise = known * (rng.gamma(2.0, size=n) - 2) / np.sqrt(2)
        r = frontier.fit(1 + x + noise, x, side="cost", noise_standard_error=known)
        given = dict(noise_standard_error=known, draws=19, seed=k)
        normal_law.append(frontier.bootstrap_p_value(r, x, **given))
        own_law.append(frontier.bootstrap_p_value(r, x, noise_draws=drawn, **given))
    most = 0.05 + 2.6 * np.sqrt(0.05 * 0.95 / 40)
    assert (np.array(own_law) <= 0.05).mean() < most < (np.array(normal_law) <= 0.05).mean()
    with pytest.raises(ValueError, match="noise_draws must have a column for each of the frontier's 60 rows"):
        frontier.bootstrap_p_value(r, x, noise_standard_error=known, noise_draws=drawn[:, :5])


def test_the_test_of_no_inefficiency_has_a_mixed_chi_square_law():
    """Under the null about half of the statistics are 0 and 5 % exceed 2.706."""
    rng = np.random.default_rng(0)
    n = 100
    X = np.column_stack([np.ones(n), rng.standard_normal(n)])
    y = rng.standard_normal((n, 600))
    statistic = frontier.simulated_statistics(y, X, np.ones(n), 1.0, laws.half_normal)
    assert 0.42 < (statistic < 1e-6).mean() < 0.58
    assert 0.03 < (statistic > 2.7055).mean() < 0.09
    assert frontier.mixed_chi_square_p(2.7055) == pytest.approx(0.05, abs=1e-5)
    assert frontier.mixed_chi_square_p(5.138, "truncated_normal") == pytest.approx(
        0.05, abs=1e-4
    )  # Kodde & Palm


@pytest.mark.parametrize("law", ["half_normal", "exponential"])
@pytest.mark.parametrize("side", frontier.SIDES)
def test_simulated_statistics_equal_single_fits(side, law):
    rng = np.random.default_rng(1)
    n = 40
    weights = rng.uniform(0.2, 3, n)
    weights *= n / weights.sum()
    X = np.column_stack([np.ones(n), rng.standard_normal(n)])
    y = rng.standard_normal((n, 12))
    together = frontier.simulated_statistics(y, X, weights, frontier.SIDES[side], frontier.DENSITIES[law])
    alone = [frontier.fit(v, X[:, 1], weights=weights, side=side, distribution=law).lr_statistic for v in y.T]
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_bootstrap_p_value_is_seeded_and_near_the_law():
    y, X, _ = simulated(100, seed=1)
    r = frontier.fit(y, X)
    p = frontier.bootstrap_p_value(r, X, draws=199, seed=5)
    assert p == frontier.bootstrap_p_value(r, X, draws=199, seed=5)
    assert abs(p - r.lr_p_value) < 4 * np.sqrt(r.lr_p_value * (1 - r.lr_p_value) / 199) + 0.03
    assert 0 < r.lr_p_value < 0.5
    with pytest.raises(ValueError, match="half-normal and the exponential"):
        frontier.bootstrap_p_value(frontier.fit(y, X, distribution="truncated_normal"), X)


OKAY = dict(y=np.arange(12.0) ** 1.5, X=np.arange(12.0))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (dict(side="profit"), "side must be one of production, cost"),
        (dict(distribution="gamma"), "distribution must be one of half_normal"),
        (dict(X=np.arange(11.0)), "X must have shape"),
        (dict(X=np.r_[np.nan, np.arange(11.0)]), "X has missing or infinite values in column x1"),
        (dict(weights=np.r_[0, np.ones(11)]), "above 0"),
        (dict(weights=np.ones(5)), r"weights must have shape \(12,\)"),
        (dict(noise_standard_error=-np.ones(12)), "noise_standard_error must be finite and not neg"),
        (dict(X=np.ones(12)), "X is constant in column x1"),
        (dict(y=np.arange(3.0), X=np.arange(3.0)), "needs more than 4"),
        (dict(y=2 + 3 * np.arange(12.0)), "X fits y exactly"),
    ],
)
def test_bad_input_is_named(change, words):
    with pytest.raises(ValueError, match=words):
        frontier.fit(**(OKAY | change))


@pytest.fixture(scope="module")
def municipalities():
    rng = np.random.default_rng(4)
    n = 60
    x = np.exp(0.25 * rng.standard_normal(n))
    return pd.DataFrame(
        {
            "municipality_code": [str(101 + i) for i in range(n)],
            "spells": rng.integers(100, 1500, n),
            "benchmark_indicator": 0.95
            + 0.05 * x
            + 0.02 * rng.standard_normal(n)
            - np.abs(0.05 * rng.standard_normal(n)),
            "benchmark_standard_error": rng.uniform(0.01, 0.03, n),
            "expenditure_indicator": x,
        }
    )


def draws_of(data, error=0.05, count=40):
    """Draws of both indicators around those of `data`; draw 0 holds them."""
    rng = np.random.default_rng(9)
    frames = [
        data[["municipality_code", "benchmark_indicator"]].assign(
            draw=k,
            expected_dkk=70_000.0,
            expenditure_indicator=data.expenditure_indicator
            * (1 + error * (k > 0) * rng.standard_normal(len(data))),
        )
        for k in range(count)
    ]
    return pd.concat(frames)


def test_tables(municipalities):
    shuffled = municipalities.sample(frac=1, random_state=0)
    fitted = list(frontier.fits(shuffled))
    parameters = frontier.parameters_table(fitted)
    keys = parameters[["side", "distribution"]].drop_duplicates()
    assert len(keys) == 6
    production = parameters[(parameters.side == "production") & (parameters.distribution == "half_normal")]
    assert production.term.tolist() == [
        "constant",
        "expenditure_indicator",
        "expenditure_indicator_squared",
        "sigma_u",
        "sigma_v",
    ]
    cost = parameters[(parameters.side == "cost") & (parameters.distribution == "truncated_normal")]
    assert cost.term.tolist() == [
        "constant",
        "benchmark_indicator",
        "benchmark_indicator_squared",
        "sigma_u",
        "sigma_v",
        "mu",
    ]
    x = municipalities.expenditure_indicator
    r = frontier.fit(
        municipalities.benchmark_indicator, np.column_stack([x, x**2]), weights=municipalities.spells
    )
    np.testing.assert_allclose(production.coefficient, [*r.coefficients, r.sigma_u, r.sigma_v], rtol=1e-6)
    fits = frontier.fit_table(fitted, draws=19, seed=1)
    assert len(fits) == 6 and (fits.log_likelihood >= fits.ols_log_likelihood - 1e-9).all()
    assert fits.lr_bootstrap_p_value.notna().tolist() == [True, True, False] * 2
    one = fits[(fits.side == "production") & (fits.distribution == "half_normal")].iloc[0]
    assert one["lambda"] == pytest.approx(one.sigma_u / one.sigma_v)
    efficiencies = frontier.efficiencies_table(fitted)
    assert len(efficiencies) == 6 * len(municipalities)
    assert (
        efficiencies.groupby(["side", "distribution"])["report_rank"]
        .agg(lambda v: sorted(v) == list(range(1, 61)))
        .all()
    )
    mine = efficiencies[(efficiencies.side == "production") & (efficiencies.distribution == "half_normal")]
    np.testing.assert_allclose(mine.inefficiency, r.inefficiency, rtol=1e-6)
    assert mine.municipality_code.tolist() == municipalities.municipality_code.tolist()
    curve = np.polynomial.Polynomial.fit(
        x, municipalities.benchmark_indicator, 2, w=np.sqrt(municipalities.spells)
    )
    np.testing.assert_allclose(mine.regression, curve(x), rtol=1e-9)
    noise = frontier.known_noise_table(shuffled, draws_of(municipalities), draws=19)
    assert len(noise) == 6 * len(municipalities) and noise.converged.all()
    told = noise[noise.boundary != "sigma_u"]
    assert (told.efficiency <= 1).all() and (told.inefficiency >= 0).all()
    assert (noise["rank"].notna() == (noise.boundary == "none")).all()
    assert noise.lr_bootstrap_p_value.between(1 / 20, 1).all()


@pytest.mark.parametrize("side", ["production", "cost"])
def test_frontiers_side_by_side_equal_single_fits(side):
    rng = np.random.default_rng(12)
    n, count = 60, 12
    x = 1 + 0.2 * rng.standard_normal((count, n))
    X = np.stack([np.ones_like(x), x, x**2], axis=-1)
    u = np.abs(rng.standard_normal((count, n))) * np.linspace(-0.2, 0.3, count).clip(0)[:, None]
    y = 1 + x - frontier.SIDES[side] * u + 0.1 * rng.standard_normal((count, n))
    weights = rng.uniform(0.5, 2, n)
    weights *= n / weights.sum()
    many = frontier.fit_half_normal(y.T, X, weights, side)
    corners = 0
    for k in range(count):
        one = frontier.fit(y[k], X[k, :, 1:], weights=weights, side=side)
        assert many.statistic[k] == pytest.approx(one.lr_statistic, abs=1e-6)
        assert (many.sigma_u[k] == 0) == (one.boundary == "sigma_u")
        corners += one.boundary == "sigma_u"
        np.testing.assert_allclose(many.residuals[:, k], frontier.SIDES[side] * one.residuals, atol=1e-4)
        line = y[k] - X[k] @ one.ols_coefficients
        np.testing.assert_allclose(many.line_residuals[:, k], frontier.SIDES[side] * line, atol=1e-10)
        law = frontier.conditional_law(frontier.SIDES[side] * one.residuals, one.sigma_u, one.sigma_v)
        if one.boundary == "":
            mean = integrate_mean(*law)
            np.testing.assert_allclose(mean, one.inefficiency, rtol=1e-5)
    assert 0 < corners < count


def integrate_mean(centre, spread):
    """Mean of the conditional law as the integral of its quantile function."""
    p, w = np.polynomial.legendre.leggauss(400)
    return frontier.conditional_quantile(centre[:, None], spread[:, None], (p + 1) / 2) @ w / 2


def test_conditional_quantiles_are_those_of_the_truncated_normal():
    centre, spread = np.array([0.3, -0.2, -9.0]), np.array([0.1, 0.2, 0.3])
    for p in (0.025, 0.5, 0.975):
        theirs = stats.truncnorm.ppf(p, -centre / spread, np.inf, loc=centre, scale=spread)
        np.testing.assert_allclose(frontier.conditional_quantile(centre, spread, p), theirs, rtol=1e-6)
    np.testing.assert_array_equal(frontier.conditional_quantile([0.4, 0.0], [0.0, 0.0], 0.9), [0.4, 0.0])


def test_the_ten_best_are_flagged_and_a_collapse_is_said():
    rng = np.random.default_rng(3)
    x = np.exp(0.2 * rng.standard_normal(40))
    data = pd.DataFrame(
        {
            "municipality_code": [str(150 + k) for k in range(40)],
            "spells": rng.integers(100, 900, 40),
            "benchmark_indicator": 1 + 0.05 * x + 0.1 * np.abs(rng.standard_normal(40)),  # wrong skewness
            "expenditure_indicator": x,
        }
    )
    fitted = list(frontier.fits(data))
    table = frontier.efficiencies_table(fitted)
    fits = frontier.fit_table(fitted).set_index(["side", "distribution"])
    for key, rows in table.groupby(["side", "distribution"]):
        assert sorted(rows.report_rank) == list(range(1, 41))
        assert (rows.is_at_regression == (fits.boundary[key] == "sigma_u")).all()
        if fits.boundary[key] == "none":
            assert rows.is_among_ten_best.sum() == 10 and rows[rows.is_among_ten_best]["rank"].max() == 10
        else:
            assert rows["rank"].isna().all() and not rows.is_among_ten_best.any()
        assert rows.efficiency.isna().all() == rows.is_at_regression.all()
        assert np.isnan(fits.mean_efficiency[key]) == (fits.boundary[key] == "sigma_u")
    assert table.is_at_regression.any() and not table.is_at_regression.all()
