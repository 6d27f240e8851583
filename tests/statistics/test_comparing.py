"""Dispersion and rank sets against definitions, statsmodels and Tukey's range; coverage by simulation."""

from pathlib import Path

import duckdb
import jinja2
import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.meta_analysis import combine_effects

from vfm.statistics import comparing


@pytest.fixture
def indicators():
    rng = np.random.default_rng(4)
    s = rng.uniform(0.01, 0.04, 60)
    return pd.DataFrame(
        {
            "municipality_code": [str(101 + k) for k in range(60)],
            "indicator": np.exp(0.03 * rng.standard_normal(60) + s * rng.standard_normal(60)),
            "log_standard_error": s,
        }
    )


def test_over_dispersion_by_hand():
    # z = -2, -1, 0, 1, 7; a fifth drawn in at either end: quantiles -1.2 and 2.2
    z = np.array([-2.0, -1.0, 0.0, 1.0, 7.0])
    s = np.array([0.1, 0.2, 0.1, 0.2, 0.1])
    phi, drawn_in, tau_squared = comparing.over_dispersion(z * s, s, winsorised_share=0.2)
    assert phi == pytest.approx((4 + 1 + 0 + 1 + 49) / 5)
    assert drawn_in == pytest.approx((1.2**2 + 1 + 0 + 1 + 2.2**2) / 5)
    # w = 100, 25, 100, 25, 100
    assert tau_squared == pytest.approx((5 * drawn_in - 4) / (350 - (30_000 + 1_250) / 350))


def test_chance_alone_is_no_over_dispersion():
    z = stats.norm.ppf((np.arange(99) + 0.5) / 99)
    phi, drawn_in, tau_squared = comparing.over_dispersion(0.02 * z, np.full(99, 0.02))
    assert phi == pytest.approx(1, abs=0.03)
    assert drawn_in == pytest.approx(0.68, abs=0.02)
    assert tau_squared == 0


def test_the_variance_between_solves_its_equation(indicators):
    [row] = comparing.dispersion_table(indicators.sample(frac=1, random_state=2)).itertuples()
    y, v = np.log(indicators.indicator), indicators.log_standard_error**2
    w = 1 / (v + row.tau_squared)
    mean = w @ y / w.sum()
    assert w @ (y - mean) ** 2 == pytest.approx(59, abs=1e-4)
    assert row.mean_log_indicator == pytest.approx(mean)
    assert row.mean_log_standard_error == pytest.approx(1 / np.sqrt(w.sum()))
    theirs = combine_effects(y.to_numpy(), v.to_numpy(), method_re="dl")
    assert row.tau_squared_dersimonian_laird == pytest.approx(theirs.tau2)
    assert row.q_statistic == pytest.approx(theirs.q)
    assert row.q_p_value == pytest.approx(stats.chi2.sf(theirs.q, 59))
    assert row.i_squared == pytest.approx(theirs.i2)
    assert row.tau_squared == pytest.approx(0.03**2, rel=0.5)


def test_the_standard_error_of_the_variance_is_that_of_simulation():
    rng = np.random.default_rng(1)
    s = rng.uniform(0.01, 0.04, 60)
    rows = [
        comparing.dispersion_table(
            pd.DataFrame(
                {
                    "municipality_code": np.arange(60).astype(str),
                    "indicator": np.exp(np.sqrt(0.0009 + s**2) * rng.standard_normal(60)),
                    "log_standard_error": s,
                }
            )
        ).iloc[0]
        for _ in range(200)
    ]
    estimates = np.array([r.tau_squared for r in rows])
    assert estimates.mean() == pytest.approx(0.0009, rel=0.05)
    assert np.mean([r.tau_squared_standard_error for r in rows]) == pytest.approx(estimates.std(), rel=0.15)


def test_critical_values_are_tukeys_range_and_its_one_sided_kin():
    p, level = 8, 0.95
    _, _, (marginal, joint) = comparing.rank_sets(np.zeros(p), np.eye(p), level=level, draws=40_000)
    assert joint == pytest.approx(stats.studentized_range.ppf(level, p, np.inf) / np.sqrt(2), rel=0.01)
    # many-to-one comparisons: Dunnett's two-sided value, correlation 1/2
    control = np.random.default_rng(0).standard_normal(2000)
    dunnett = stats.dunnett(*[control + 1e-9] * (p - 1), control=control, random_state=1)
    assert marginal == pytest.approx(
        dunnett.confidence_interval(level).high[0] / (control.std(ddof=1) * np.sqrt(2 / 2000)), rel=0.02
    )


def slow_rank_sets(theta, V, level, draws, seed):
    """The definition, pair by pair, with the same draws."""
    p = len(theta)
    noise = comparing.symmetric_root(V) @ np.random.default_rng(seed).standard_normal((p, draws))
    se = {(j, k): np.sqrt(V[j, j] + V[k, k] - 2 * V[j, k]) for j in range(p) for k in range(p) if j != k}

    def decide(pairs):
        pairs, decided = list(pairs), set()
        while pairs:
            top = np.max([(noise[j] - noise[k]) / se[j, k] for j, k in pairs], axis=0)
            critical = np.sort(top)[int(np.ceil(level * draws)) - 1]
            new = {(j, k) for j, k in pairs if (theta[j] - theta[k]) / se[j, k] > critical}
            if not new:
                break
            decided |= new
            pairs = [pair for pair in pairs if pair not in new]
        return decided

    def bounds(j, decided):
        return 1 + sum(k == j for _, k in decided), p - sum(i == j for i, _ in decided)

    marginal = [bounds(j, decide(pair for pair in se if j in pair)) for j in range(p)]
    every = decide(se)
    return np.array(marginal), np.array([bounds(j, every) for j in range(p)])


def test_rank_sets_equal_their_definition():
    rng = np.random.default_rng(7)
    for spread in (0.0, 1.0, 3.0, 30.0):
        A = rng.standard_normal((7, 9))
        V, theta = A @ A.T / 9, spread * rng.standard_normal(7)
        got = comparing.rank_sets(theta, V, level=0.9, draws=500, seed=3)
        for mine, theirs in zip(got[:2], slow_rank_sets(theta, V, 0.9, 500, 3), strict=True):
            np.testing.assert_array_equal(mine, theirs)


def test_equal_units_may_have_any_rank_and_distant_ones_only_their_own():
    marginal, simultaneous, _ = comparing.rank_sets(np.zeros(5), np.eye(5), draws=99)
    assert (marginal == [1, 5]).all() and (simultaneous == [1, 5]).all()
    theta = np.array([0.0, 300.0, 100.0, 200.0])
    marginal, simultaneous, _ = comparing.rank_sets(theta, np.eye(4), draws=99)
    np.testing.assert_array_equal(marginal, [[4, 4], [1, 1], [3, 3], [2, 2]])
    np.testing.assert_array_equal(simultaneous, marginal)


def test_without_variance_the_estimates_decide():
    marginal, simultaneous, _ = comparing.rank_sets(np.array([1.0, 2.0, 2.0]), np.zeros((3, 3)), draws=9)
    np.testing.assert_array_equal(marginal, [[3, 3], [1, 2], [1, 2]])
    np.testing.assert_array_equal(simultaneous, marginal)


def test_rank_sets_cover_the_true_ranks():
    rng = np.random.default_rng(11)
    # near ties, where plain intervals of ranks fail
    truth = np.repeat([0.0, 2.0, 2.5, 7.0], 2) + 0.01 * np.arange(8)
    V = 0.2 * np.ones((8, 8)) + 0.8 * np.diag(rng.uniform(0.5, 1.5, 8))
    root = np.linalg.cholesky(V)
    rank = 1 + (truth[:, None] < truth).sum(axis=1)
    one, all_at_once = [], []
    for seed in range(400):
        marginal, simultaneous, _ = comparing.rank_sets(
            truth + root @ rng.standard_normal(8), V, draws=299, seed=seed
        )
        one.append((marginal[:, 0] <= rank) & (rank <= marginal[:, 1]))
        all_at_once.append(((simultaneous[:, 0] <= rank) & (rank <= simultaneous[:, 1])).all())
    assert np.mean(one, axis=0).min() > 0.93
    assert np.mean(all_at_once) > 0.93


def covariances(codes, V):
    return pd.DataFrame(
        {
            "municipality_code": np.repeat(codes, len(codes)),
            "other_municipality_code": np.tile(codes, len(codes)),
            "covariance": V.ravel(),
        }
    )


def test_the_table_is_seeded_and_does_not_depend_on_the_order_of_rows(indicators):
    V = np.diag((indicators.indicator * indicators.log_standard_error) ** 2)
    pairs = covariances(indicators.municipality_code.to_numpy(), V)
    one = comparing.rank_sets_table(indicators, pairs, draws=199, seed=1)
    two = comparing.rank_sets_table(
        indicators.sample(frac=1, random_state=1), pairs.sample(frac=1, random_state=2), draws=199, seed=1
    )
    pd.testing.assert_frame_equal(one, two)
    assert sorted(one["rank"]) == list(range(1, 61))
    assert (one.simultaneous_rank_low <= one.marginal_rank_low).all()


def test_fewer_than_two_municipalities(indicators):
    one = indicators.head(1)
    assert len(comparing.dispersion_table(one)) == 0
    table = comparing.rank_sets_table(one, covariances(one.municipality_code.to_numpy(), np.ones((1, 1))))
    assert table[["rank", "marginal_rank_low", "simultaneous_rank_high"]].iloc[0].tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: comparing.over_dispersion([1.0], [1.0]), "estimates has 1 row"),
        (lambda: comparing.over_dispersion([1.0, np.nan], [1.0, 1.0]), "missing"),
        (lambda: comparing.over_dispersion([1.0, 2.0], [1.0, 0.0]), "above 0"),
        (lambda: comparing.over_dispersion([1.0, 2.0], [1.0]), "standard_errors must have shape"),
        (lambda: comparing.over_dispersion([1.0, 2.0], [1.0, 1.0], winsorised_share=0.5), "winsorised_share"),
        (lambda: comparing.rank_sets([1.0], [[1.0]]), "at least 2 units"),
        (lambda: comparing.rank_sets([1.0, 2.0], np.eye(2), level=1), "level"),
        (lambda: comparing.rank_sets([1.0, 2.0], np.eye(2), draws=0), "draws"),
        (lambda: comparing.rank_sets([1.0, 2.0], -np.eye(2)), "eigenvalue"),
        (lambda: comparing.rank_sets([1.0, 2.0], [[1.0, 0.5], [0.0, 1.0]]), "symmetric"),
        (lambda: comparing.covariance_matrix(["101", "147"], covariances(["101"], np.eye(1))), "147"),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_quintiles_are_as_even_as_possible_and_the_last_ones_larger():
    for size, counts in (
        (92, [18, 18, 18, 19, 19]),
        (5, [1] * 5),
        (98, [19, 19, 20, 20, 20]),
        (3, [0, 0, 1, 1, 1]),
    ):
        q = comparing.quintiles(np.arange(1, size + 1), size)
        assert np.bincount(q, minlength=6)[1:].tolist() == counts
        assert (np.diff(q) >= 0).all()


def test_ranks_put_the_highest_first_and_break_ties_by_column():
    assert comparing.ranks([[0.9, 1.1, 1.0, 1.1]]).tolist() == [[4, 1, 3, 2]]


@pytest.mark.parametrize("size", [3, 5, 23, 91, 92, 98])
def test_the_macro_and_the_package_give_the_same_quintiles(size):
    [macro] = (Path(__file__).parents[2] / "macros").rglob("quintile.sql")
    quintile = jinja2.Template(macro.read_text(encoding="utf-8")).module.quintile("rank", "municipalities")
    query = f"select {quintile} from (select unnest(range(1, {size} + 1)) as rank, {size} as municipalities)"
    in_sql = [row[0] for row in duckdb.sql(query).fetchall()]
    assert in_sql == comparing.quintiles(np.arange(1, size + 1), size).tolist()
