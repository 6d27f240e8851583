"""Cox models against statsmodels, lifelines, replicated rows and the definitions themselves."""

import numpy as np
import pandas as pd
import pytest
import simulation
from cox_residuals import martingale_residuals, score_residuals
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines import CoxPHFitter
from lifelines.exceptions import StatisticalWarning
from lifelines.statistics import proportional_hazard_test
from statsmodels.duration.hazard_regression import PHReg

from vfm.statistics import cox, kaplan_meier
from vfm.statistics.cox import likelihood
from vfm.statistics.cox.model import trend_test

SMALL = (3, 2, 4, 1, 1)


@pytest.fixture(scope="module")
def data():
    frame = simulation.spells(1500, seed=3, levels=SMALL)
    return frame, frame[cox.terms_of(frame)]


@pytest.mark.parametrize("ties", cox.TIES)
def test_coefficients_errors_and_likelihood_equal_statsmodels(data, ties):
    d, X = data
    ours = cox.fit(d.duration_weeks, d.is_success, X, ties=ties)
    model = PHReg(d.duration_weeks.to_numpy(float), X.to_numpy(), status=d.is_success.to_numpy(), ties=ties)
    theirs = model.fit(disp=0)
    np.testing.assert_allclose(ours.coefficients, theirs.params, atol=1e-10)
    np.testing.assert_allclose(ours.standard_errors, theirs.bse, rtol=1e-10)
    np.testing.assert_allclose(ours.log_likelihood, theirs.llf, rtol=1e-12)
    assert np.abs(ours.gradient).max() < 1e-8
    assert set(ours.status) == {cox.ESTIMATED}


def test_clustered_errors_equal_statsmodels(data):
    d, X = data
    ours = cox.fit(d.duration_weeks, d.is_success, X, cluster=d.person_id)
    model = PHReg(d.duration_weeks.to_numpy(float), X.to_numpy(), status=d.is_success.to_numpy())
    theirs = model.fit(disp=0, groups=d.person_id.to_numpy())
    np.testing.assert_allclose(ours.robust_standard_errors, theirs.bse, rtol=1e-10)
    assert ours.clusters == d.person_id.nunique() < len(d)


def efron_score_residuals(time, event, X, b):
    """Score residuals under Efron ties by their definition, one row and one tied event at a time."""
    e = np.exp(X @ b)
    out = np.zeros_like(X)
    for t in np.unique(time[event]):
        risk, dead = time >= t, (time == t) & event
        d = dead.sum()
        for share in np.arange(d) / d:
            weight = e * (risk - share * dead)
            mean = weight @ X / weight.sum()
            out += dead[:, None] / d * (X - mean)
            out -= (weight / weight.sum())[:, None] * (X - mean)
    return out


def test_efron_residuals_follow_their_definition(data):
    d, X = data
    d, X = d.iloc[:250], X.iloc[:250, [0, 3, 9, -1]]
    time, event, Z = d.duration_weeks.to_numpy(float), d.is_success.to_numpy(), X.to_numpy()
    r = cox.fit(time, event, X, ties="efron")
    expected = efron_score_residuals(time, event, Z, r.coefficients)
    np.testing.assert_allclose(score_residuals(r), expected, atol=1e-9)
    meat = expected.T @ expected
    np.testing.assert_allclose(r.robust_covariance, r.covariance @ meat @ r.covariance, rtol=1e-8)


def test_breslow_residuals_are_the_derivatives_of_the_coefficients(data):
    """Infinitesimal jackknife: d coefficients / d weight of a row = covariance x score residual."""
    d, X = data
    X = X.iloc[:, :6]
    r = cox.fit(d.duration_weeks, d.is_success, X)
    for i in (0, 11, 640):
        h = 1e-4
        up, down = np.ones(len(d)), np.ones(len(d))
        up[i] += h
        down[i] -= h
        b = [cox.fit(d.duration_weeks, d.is_success, X, weights=w).coefficients for w in (up, down)]
        np.testing.assert_allclose((b[0] - b[1]) / (2 * h), r.covariance @ score_residuals(r)[i], atol=1e-8)


@pytest.mark.parametrize("ties", cox.TIES)
def test_residuals_add_up_to_nothing(data, ties):
    d, X = data
    weights = np.random.default_rng(0).uniform(0.2, 3, len(d))
    r = cox.fit(d.duration_weeks, d.is_success, X, weights=weights, ties=ties)
    assert abs(weights @ martingale_residuals(r)) < 1e-8
    np.testing.assert_allclose(weights @ score_residuals(r), 0, atol=1e-7)
    assert (martingale_residuals(r)[d.is_success] <= 1).all()
    assert (martingale_residuals(r)[~d.is_success] <= 0).all()


def test_weights_are_copies_of_rows(data):
    d, X = data
    weights = np.random.default_rng(1).integers(0, 4, len(d))
    rows = np.repeat(np.arange(len(d)), weights)
    one = cox.fit(d.duration_weeks, d.is_success, X, weights=weights, cluster=d.person_id)
    two = cox.fit(
        d.duration_weeks.to_numpy()[rows],
        d.is_success.to_numpy()[rows],
        X.iloc[rows],
        cluster=d.person_id.to_numpy()[rows],
    )
    np.testing.assert_allclose(one.coefficients, two.coefficients, atol=1e-11)
    np.testing.assert_allclose(one.covariance, two.covariance, rtol=1e-10)
    np.testing.assert_allclose(one.robust_covariance, two.robust_covariance, rtol=1e-9, atol=1e-15)
    weeks = np.arange(157)
    np.testing.assert_allclose(one.baseline_survival(weeks), two.baseline_survival(weeks), atol=1e-12)
    theirs = PHReg(
        d.duration_weeks.to_numpy(float)[rows], X.to_numpy()[rows], status=d.is_success.to_numpy()[rows]
    ).fit(disp=0)
    np.testing.assert_allclose(one.coefficients, theirs.params, atol=1e-10)


def test_fractional_weights_under_efron_ties_equal_lifelines(data):
    d, X = data
    frame = X.iloc[:, :5].assign(t=d.duration_weeks, e=d.is_success, w=np.tile([0.5, 1.0, 2.5], len(d) // 3))
    with pytest.warns(StatisticalWarning, match="weights are not integers"):
        theirs = CoxPHFitter().fit(frame, "t", "e", weights_col="w", fit_options={"precision": 1e-12})
    ours = cox.fit(frame.t, frame.e, X.iloc[:, :5], weights=frame.w, ties="efron")
    np.testing.assert_allclose(ours.coefficients, theirs.params_, atol=1e-6)


def test_baseline_without_covariates_is_kaplan_meier(data):
    d, _ = data
    weeks = np.arange(157)
    curve = kaplan_meier.survival(d.duration_weeks, d.is_success)
    for X in (None, np.empty((len(d), 0)), d[[]]):
        r = cox.fit(d.duration_weeks, d.is_success, X)
        np.testing.assert_allclose(r.baseline_survival(weeks), curve, atol=1e-12)
        assert r.coefficients.shape == (0,) and r.covariance.shape == (0, 0)


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.tuples(st.integers(1, 12), st.booleans(), st.integers(0, 3)), min_size=2, max_size=25),
)
def test_null_baseline_is_kaplan_meier_on_any_data(rows):
    duration, event, weight = (np.array(v) for v in zip(*rows, strict=True))
    if not (event & (weight > 0)).any():
        return
    r = cox.fit(duration, event, None, weights=weight)
    curve = kaplan_meier.survival(duration, event, horizon=15, weights=weight)
    np.testing.assert_allclose(r.baseline_survival(np.arange(16)), curve, atol=1e-12)


def test_baseline_solves_the_equation_of_kalbfleisch_and_prentice(data):
    d, X = data
    r = cox.fit(d.duration_weeks, d.is_success, X)
    e = np.exp(X.to_numpy() @ r.coefficients)
    time, event = d.duration_weeks.to_numpy(), d.is_success.to_numpy()
    weeks, q = r.baseline_hazard()
    for t in (1, 7, 40, 120):
        alpha = np.exp(-q[np.searchsorted(weeks, t)])
        dead = (time == t) & event
        np.testing.assert_allclose((e[dead] / (1 - alpha ** e[dead])).sum(), e[time >= t].sum(), rtol=1e-9)


def test_baseline_does_not_depend_on_centring(data):
    d, X = data
    shift = pd.Series(np.linspace(-2, 3, X.shape[1]), index=X.columns)
    one = cox.fit(d.duration_weeks, d.is_success, X)
    two = cox.fit(d.duration_weeks, d.is_success, X - shift)
    power = np.exp(shift.to_numpy() @ one.coefficients)
    weeks = np.arange(157)
    np.testing.assert_allclose(two.baseline_survival(weeks), one.baseline_survival(weeks) ** power, atol=1e-9)
    assert one.baseline_survival([0, 0.5, 1e6]).tolist()[:2] == [1, 1]


def test_survival_drops_to_zero_where_everyone_dies():
    r = cox.fit([1, 2, 2], [False, True, True], [[0.0], [1.0], [0.5]] @ np.zeros((1, 0)))
    assert r.baseline_survival([1, 2, 3]).tolist() == [1, 0, 0]


def test_columns_that_cannot_be_estimated_are_named(data):
    d, X = data
    rng = np.random.default_rng(5)
    never = ((rng.random(len(d)) < 0.1) & ~d.is_success).astype(float)  # a level without events
    Z = X.assign(same=1.0, twin=X.iloc[:, 0] + 2 * X.iloc[:, 4], never=never)
    r = cox.fit(d.duration_weeks, d.is_success, Z, cluster=d.person_id)
    assert r.columns(cox.CONSTANT) == ["same"]
    assert r.columns(cox.COLLINEAR) == ["twin"]
    assert r.columns(cox.INFINITE) == ["never"]
    lost = ~r.estimated
    assert np.isnan(r.coefficients[lost]).all() and np.isnan(r.standard_errors[lost]).all()
    assert np.isfinite(r.coefficients[~lost]).all() and np.isfinite(r.robust_standard_errors[~lost]).all()
    # the limit of an infinite coefficient: the rows of the level leave every risk set
    keep = never == 0
    rest = cox.fit(d.duration_weeks[keep], d.is_success[keep], X[keep], cluster=d.person_id[keep])
    np.testing.assert_allclose(r.coefficients[~lost], rest.coefficients, atol=1e-10)
    np.testing.assert_allclose(r.robust_standard_errors[~lost], rest.robust_standard_errors, rtol=1e-8)
    assert (r.linear_predictor[~keep] == -np.inf).all() and (martingale_residuals(r)[~keep] == 0).all()


def test_a_full_set_of_dummies_loses_its_last(data):
    d, X = data
    rest = (X[["f0_1", "f0_2", "f0_3"]].sum(axis=1) == 0).astype(float)
    r = cox.fit(d.duration_weeks, d.is_success, X[["f0_1", "f0_2", "f0_3"]].assign(f0_0=rest))
    assert r.columns(cox.COLLINEAR) == ["f0_0"]


@pytest.mark.parametrize("share", [0.3, 0.04])
def test_a_combination_that_separates_is_an_error_that_names_it(share):
    rng = np.random.default_rng(0)
    n = 3000
    a, b = rng.random(n) < share, rng.random(n) < 0.3
    event = (rng.random(n) < 0.4) & ~(a & ~b)  # no event where a and not b, yet events in a and in b
    X = pd.DataFrame({"a": a * 1.0, "a_and_b": (a & b) * 1.0, "c": rng.standard_normal(n)})
    with pytest.raises(cox.ConvergenceError, match=r"combination of (a, a_and_b|a_and_b, a) separates"):
        cox.fit(rng.integers(1, 50, n), event, X)


def test_a_level_with_one_event_among_many_rows_is_estimated():
    rng = np.random.default_rng(1)
    n = 4000
    x = rng.random(n) < 0.5
    event = (rng.random(n) < 0.6) & ~x
    event[np.flatnonzero(x)[0]] = True
    r = cox.fit(rng.integers(1, 50, n), event, pd.DataFrame({"x": x * 1.0}))
    assert r.status.tolist() == [cox.ESTIMATED] and -9 < r.coefficients[0] < -5
    assert r.standard_errors[0] == pytest.approx(1, abs=0.05)


def test_row_order_does_not_matter(data):
    d, X = data
    order = np.random.default_rng(2).permutation(len(d))
    one = cox.fit(d.duration_weeks, d.is_success, X, cluster=d.person_id)
    two = cox.fit(
        d.duration_weeks.iloc[order], d.is_success.iloc[order], X.iloc[order], cluster=d.person_id.iloc[order]
    )
    np.testing.assert_allclose(one.coefficients, two.coefficients, atol=1e-12)
    np.testing.assert_allclose(score_residuals(one)[order], score_residuals(two), atol=1e-9)
    np.testing.assert_allclose(one.robust_covariance, two.robust_covariance, rtol=1e-8)


def test_start_changes_nothing_but_the_way(data):
    d, X = data
    cold = cox.fit(d.duration_weeks, d.is_success, X)
    warm = cox.fit(d.duration_weeks, d.is_success, X, start=cold.coefficients)
    np.testing.assert_allclose(cold.coefficients, warm.coefficients, atol=1e-12)
    assert warm.iterations < cold.iterations


@pytest.mark.parametrize("ties", cox.TIES)
@pytest.mark.parametrize("what", ["plain", "weights", "start", "units", "near collinear"])
def test_single_precision_leads_to_the_same_maximum(data, monkeypatch, ties, what):
    """Large fits start in single precision; what they return has double precision all the same."""
    d, X = data
    rng = np.random.default_rng(6)
    options = dict(ties=ties, cluster=d.person_id)
    if what == "weights":
        options["weights"] = rng.poisson(1, len(d))
    if what == "start":
        options["start"] = rng.normal(0, 2, X.shape[1])
    if what == "units":
        X = X.assign(f0_1=X.f0_1 * 1e9, f0_2=X.f0_2 * 1e-9, unemployment=X.unemployment + 1e6)
    if what == "near collinear":
        X = X.assign(near=X.f0_1 + 1e-3 * rng.standard_normal(len(d)))
    fits = []
    for size in (10**9, 0):
        monkeypatch.setattr(likelihood, "_ROUGH_SIZE", size)
        fits.append(cox.fit(d.duration_weeks, d.is_success, X, **options))
    double, single = fits
    assert set(single.status) == {cox.ESTIMATED}
    errors = double.standard_errors
    np.testing.assert_allclose(single.coefficients / errors, double.coefficients / errors, atol=1e-9)
    np.testing.assert_allclose(single.standard_errors, errors, rtol=1e-9)
    np.testing.assert_allclose(single.robust_standard_errors, double.robust_standard_errors, rtol=1e-8)
    assert single.log_likelihood == pytest.approx(double.log_likelihood, abs=1e-8)
    assert np.abs(single.gradient * errors).max() < 1e-9


def test_single_precision_names_what_cannot_be_estimated(data, monkeypatch):
    monkeypatch.setattr(likelihood, "_ROUGH_SIZE", 0)
    test_columns_that_cannot_be_estimated_are_named(data)
    test_a_full_set_of_dummies_loses_its_last(data)
    test_a_combination_that_separates_is_an_error_that_names_it(0.04)
    test_a_level_with_one_event_among_many_rows_is_estimated()


OKAY = dict(duration=[1, 2, 3], event=[True, True, False], X=[[1.0], [0.0], [0.5]])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (dict(event=[True]), "event must have shape"),
        (dict(event=[2, 0, 1]), "true/false"),
        (dict(X=[[1.0], [0.0]]), "X must have shape"),
        (dict(weights=[1, 1]), "weights must have shape"),
        (dict(cluster=["a", None, "b"]), "cluster is missing in 1 of 3 rows"),
        (dict(cluster=["a"]), r"cluster must have shape \(3,\)"),
        (dict(ties="exact"), "ties must be one of"),
    ],
)
def test_bad_input_is_named(change, words):
    with pytest.raises(ValueError, match=words):
        cox.fit(**(OKAY | change))


def test_proportional_hazards_test_equals_lifelines(data):
    """Weeks as the time scale on tied data, ranks on untied data (lifelines' ranks follow the row order in
    ties)."""
    d, X = data
    X = X.iloc[:, :6]
    frame = X.assign(t=d.duration_weeks.astype(float), e=d.is_success)
    ours = cox.fit(frame.t, frame.e, X, ties="efron")
    theirs = CoxPHFitter().fit(frame, "t", "e", fit_options={"precision": 1e-12})
    statistic, p = trend_test(ours, lambda time: time)
    reference = proportional_hazard_test(theirs, frame, time_transform="identity")
    np.testing.assert_allclose(statistic, reference.test_statistic, rtol=1e-5)
    np.testing.assert_allclose(p, reference.p_value, atol=1e-6)
    frame["t"] = (frame["t"] + np.random.default_rng(3).random(len(d))).rank()
    frame = frame.sort_values("t")
    ours = cox.fit(frame.t, frame.e, frame[X.columns], ties="efron")
    theirs = CoxPHFitter().fit(frame, "t", "e", fit_options={"precision": 1e-12})
    reference = proportional_hazard_test(theirs, frame, time_transform="rank")
    np.testing.assert_allclose(cox.proportional_hazards_test(ours)[0], reference.test_statistic, rtol=1e-5)


def test_proportional_hazards_test_finds_a_drift():
    rng = np.random.default_rng(8)
    n = 4000
    x = rng.random(n) < 0.5
    steady = rng.random(n) < 0.5
    time = np.where(x, rng.weibull(2.0, n), rng.exponential(1.0, n)) * 40 / np.where(steady, 1.5, 1)
    duration = np.ceil(np.minimum(time, 156))
    r = cox.fit(duration, time < 156, pd.DataFrame({"drifts": x * 1.0, "steady": steady * 1.0}), ties="efron")
    statistic, p = cox.proportional_hazards_test(r)
    assert p[0] < 1e-10 and p[1] > 0.01


def test_known_coefficients_are_found():
    """Within four clustered standard errors each, and the squared distances together look like a
    chi-square."""
    d = simulation.spells(20000, seed=9, levels=SMALL)
    rng = np.random.default_rng(9)
    X = d[cox.terms_of(d)]
    b = rng.normal(0, 0.4, X.shape[1])
    b[-3:] = [-0.05, 0.3, 0.01]
    time = rng.exponential(1 / (0.004 * np.exp((X - X.mean()).to_numpy() @ b)))
    r = cox.fit(np.minimum(np.ceil(time), 156), time <= 156, X)
    z = (r.coefficients - b) / r.robust_standard_errors
    assert np.abs(z).max() < 4
    assert z @ z < 35  # 14 degrees of freedom: 99.9 % point 36


def test_tables_by_sex(data):
    d, X = data
    table = cox.coefficients_table(cox.by_sex(d.sample(frac=1, random_state=1), ties="breslow"))
    assert table.sex.unique().tolist() == ["men", "women"]
    assert table[table.sex == "men"].term.tolist() == list(X.columns)
    rows = (d.sex == "men").to_numpy()
    r = cox.fit(d.duration_weeks[rows], d.is_success[rows], X[rows], cluster=d.person_id[rows])
    men = table[table.sex == "men"]
    np.testing.assert_allclose(men.coefficient, r.coefficients, atol=1e-12)
    np.testing.assert_allclose(men.standard_error, r.robust_standard_errors, rtol=1e-10)
    np.testing.assert_allclose(men.model_standard_error, r.standard_errors, rtol=1e-10)
    np.testing.assert_allclose(men.z, men.coefficient / men.standard_error)
    assert ((men.ci_low < men.coefficient) & (men.coefficient < men.ci_high)).all()
    baseline = cox.baseline_table(cox.by_sex(d))
    assert len(baseline) == 2 * 157 and baseline.groupby("sex").week.max().eq(156).all()
    curve = baseline[baseline.sex == "men"].survival.to_numpy()
    assert curve[0] == 1 and (np.diff(curve) <= 0).all()
    np.testing.assert_allclose(curve, r.baseline_survival(np.arange(157)), atol=1e-12)


def test_tables_are_equal_to_the_last_bit_whatever_the_row_order(data):
    d, _ = data
    shuffled = d.sample(frac=1, random_state=4)
    fits = {ties: [list(cox.by_sex(spells, ties=ties)) for spells in (d, shuffled)] for ties in cox.TIES}
    for table, ties in (
        (cox.coefficients_table, "breslow"),
        (cox.covariance_table, "breslow"),
        (cox.baseline_table, "breslow"),
        (cox.hazard_tests_table, "efron"),
    ):
        one, two = map(table, fits[ties])
        pd.testing.assert_frame_equal(one, two, check_exact=True)


def test_an_estimate_read_from_its_tables_is_the_fit_to_the_last_bit(data):
    d, X = data
    never = np.where(d.is_success, 0.0, X.iloc[:, 0])  # without any event: its coefficient is infinite
    d = d.assign(nothing=0.0, never=never)
    fits = list(cox.by_sex(d))
    tables = [cox.coefficients_table(fits), cox.covariance_table(fits)]
    shuffled = [table.sample(frac=1, random_state=1) for table in tables]
    found = cox.estimates_by_sex(*shuffled, cox.terms_of(d))
    for sex, _, result in fits:
        for name in ("coefficients", "covariance", "means", "status"):
            np.testing.assert_array_equal(getattr(found[sex], name), getattr(result, name))
        assert found[sex].infinite_at == result.infinite_at == {"never": 0.0}


def test_a_term_without_numbers_is_missing_in_the_table(data):
    d, _ = data
    table = cox.coefficients_table(cox.by_sex(d.assign(nothing=0.0)))
    row = table[table.term == "nothing"]
    assert row.status.tolist() == [cox.CONSTANT] * 2
    assert row.drop(columns=["sex", "term", "status"]).isna().all(axis=None)


def test_the_sex_stands_in_the_message(data):
    d, _ = data
    with pytest.raises(ValueError, match="Cox model of women: event is false in every row"):
        list(cox.by_sex(d.assign(is_success=d.is_success & (d.sex == "men"))))


def test_missing_id_column_is_named(data):
    d, _ = data
    with pytest.raises(ValueError, match="lacks column person_id"):
        list(cox.by_sex(d.drop(columns="person_id")))
