"""The bootstrap against exact weighted fits, and its promise not to depend on the number of processes."""

import subprocess
import sys
import threading

import numpy as np
import pandas as pd
import pytest
import simulation

from vfm.statistics import batch, bootstrap, cox, indicator, kaplan_meier, replicates, workers

SMALL = (3, 2, 4, 1, 1)


@pytest.fixture(scope="module")
def spells():
    return simulation.spells(2500, seed=3, levels=SMALL, municipalities=10)


@pytest.fixture(scope="module")
def problem(spells):
    return replicates.Problem(bootstrap.prepare(spells))


def spell_weights(spells, weights):
    """Weights of persons (in the bootstrap's order) for the spells sorted by spell_id."""
    ordered = spells.sort_values("spell_id").reset_index(drop=True)
    person, _ = pd.factorize(ordered.person_id)
    first = ordered.drop_duplicates("person_id").municipality_code.to_numpy()
    order = np.argsort(first, kind="stable")
    mine = np.empty(len(order))
    mine[order] = weights
    return ordered, mine[person], first[order]


def exact_indicators(ordered, weights):
    terms = cox.terms_of(ordered)
    expected = np.zeros(len(ordered))
    for sex in ("men", "women"):
        rows = (ordered.sex == sex).to_numpy()
        r = cox.fit(
            ordered.duration_weeks[rows],
            ordered.is_success[rows],
            ordered.loc[rows, terms],
            weights=weights[rows],
        )
        expected[rows] = indicator.expected_durations(
            r.linear_predictor, -np.log(r.baseline_survival(np.arange(156)))
        )
    out = []
    for code in sorted(ordered.municipality_code[ordered.is_benchmarked].unique()):
        rows = (ordered.municipality_code == code).to_numpy()
        w = weights[rows]
        curve = kaplan_meier.survival(ordered.duration_weeks[rows], ordered.is_success[rows], weights=w)
        out.append(w @ expected[rows] / w.sum() / kaplan_meier.restricted_mean(curve, 156))
    return np.array(out)


def test_weights_of_one_give_the_indicator_itself(spells, problem):
    once = problem.indicators(np.ones((problem.persons, 3)))
    np.testing.assert_allclose(once, np.tile(indicator.uncertainty(spells).indicator[:, None], 3), rtol=1e-9)


def test_a_replicate_equals_the_exact_weighted_calculation(spells, problem):
    draws = replicates.block_indicators(problem, 5, 0, 16)
    for r in (0, 9):
        ordered, weights, _ = spell_weights(spells, problem.draw(5, r))
        np.testing.assert_allclose(draws[r], exact_indicators(ordered, weights), rtol=1e-8)


def test_a_draw_keeps_the_persons_of_every_municipality(spells, problem):
    weights = problem.draw(1, 0)
    _, _, municipality = spell_weights(spells, weights)
    drawn = pd.Series(weights).groupby(municipality).agg(["sum", "size"])
    assert (drawn["sum"] == drawn["size"]).all()
    assert set(weights) > {0.0, 1.0, 2.0}
    assert not np.array_equal(weights, problem.draw(1, 1))
    np.testing.assert_array_equal(weights, problem.draw(1, 0))


def test_a_level_that_draws_no_event_takes_its_rows_out(spells):
    ordered = spells.sort_values("spell_id").reset_index(drop=True)
    rare = np.zeros(len(ordered))
    men = ((ordered.sex == "men") & ~ordered.person_id.duplicated(keep=False)).to_numpy()
    event = ordered.is_success.to_numpy()
    rare[np.flatnonzero(men & event)[:1]] = 1  # one event in the level
    rare[np.flatnonzero(men & ~event)[:12]] = 1
    ordered = ordered.assign(rare=rare)
    problem = replicates.Problem(bootstrap.prepare(ordered))
    weights = np.ones((problem.persons, 2))
    _, one, _ = spell_weights(ordered, np.arange(problem.persons))
    lonely = int(one[np.flatnonzero((rare == 1) & event)[0]])
    weights[lonely, 1] = 0
    out = problem.indicators(weights)
    ordered, exact, _ = spell_weights(ordered, weights[:, 1])
    np.testing.assert_allclose(out[:, 1], exact_indicators(ordered, exact), rtol=1e-8)


def test_the_number_of_processes_changes_no_bit(spells):
    codes, one = bootstrap.indicators(spells, 40, 11, processes=1, progress=False)
    _, two = bootstrap.indicators(spells.sample(frac=1, random_state=0), 40, 11, processes=2, progress=False)
    assert np.array_equal(one, two)
    assert one.shape == (40, len(codes)) and np.isfinite(one).all()
    assert len(np.unique(one[:, 0])) == 40


def test_covariates_kept_between_passes_change_no_bit(problem, monkeypatch):
    kept = replicates.block_indicators(problem, 11, 0, 8)
    assert all(model.kept is None for model in problem.models)  # memory is given back after each block
    monkeypatch.setattr(replicates, "_KEPT", 0)
    assert np.array_equal(replicates.block_indicators(problem, 11, 0, 8), kept)


def test_a_worker_imports_little():
    """It starts while others wait for it, and needs arrays only."""
    heavy = "{'pandas', 'duckdb', 'statsmodels', 'scipy.special'}"
    program = f"import sys, vfm.statistics.workers; print({heavy} & sys.modules.keys())"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert told.stdout == "set()\n"


def test_millions_of_spells_get_fewer_processes(spells, monkeypatch):
    def stop(problem, blocks, deliver):
        started.append(len(blocks))
        if len(started) == expected:
            raise InterruptedError

    monkeypatch.setattr(workers, "_Worker", stop)
    monkeypatch.setattr(workers.os, "sched_getaffinity", lambda _: range(20), raising=False)
    size = sum(value.nbytes for value in bootstrap.prepare(spells).values())
    for memory, expected in ((3e9, 8), (7 * size, 3), (size, 1)):
        monkeypatch.setattr(workers, "_MEMORY", memory)
        started = []
        with pytest.raises(InterruptedError):
            bootstrap.indicators(spells, 24 * bootstrap.BLOCK, 1, progress=False)
        assert sum(started) == 24 * len(started) / expected


def test_progress_says_how_long_it_takes(spells, capfd):
    bootstrap.indicators(spells, 16, 1, processes=1)
    assert "bootstrap: 16 of 16 replicates, 0 s left" in capfd.readouterr().err


def test_a_worker_ends_with_who_asked(spells):
    """The kernel closes the pipe of who was killed; the work left is of some hours."""
    arrays = bootstrap.prepare(spells) | {"seed": np.array(1)}
    answered = threading.Event()
    work = [(block, (0, 32)) for block in range(100_000)]
    worker = workers._Worker(arrays, work, lambda block, values: answered.set())
    try:
        worker.start()
        assert answered.wait(120)
        worker.process.stdin.close()
        assert worker.process.wait(30) == 1
    finally:
        worker.process.kill()
        worker.join()
        worker.process.stdout.close()


def test_a_worker_that_dies_is_an_error(spells, monkeypatch):
    monkeypatch.setattr(workers.sys, "executable", "/bin/false")
    with pytest.raises(RuntimeError, match="worker ended with status 1 after 0 of 1 blocks"):
        bootstrap.indicators(spells, 3, 1, processes=1, progress=False)


@pytest.mark.parametrize("spread", [0.3, 1.5, 4.0])
def test_tabulated_durations_are_within_their_bound(spread):
    rng = np.random.default_rng(0)
    hazard = np.append(0.0, np.cumsum(rng.exponential(0.004, 155)))
    eta = spread * rng.standard_normal(5000)
    exact = indicator.expected_durations(eta, hazard)
    table = replicates.duration_table(hazard, eta.min(), eta.max())
    np.testing.assert_allclose(table(eta), exact, atol=1e-8, rtol=0)
    far = np.array([-60.0, -30.0, 30.0, 60.0])
    np.testing.assert_allclose(
        replicates.duration_table(hazard, far.min(), far.max())(far),
        indicator.expected_durations(far, hazard),
        atol=1e-8,
    )


def draws_table(values):
    replicates, size = values.shape
    return pd.DataFrame(
        {
            "replicate": np.repeat(np.arange(1, replicates + 1), size),
            "municipality_code": np.tile([f"{101 + k}" for k in range(size)], replicates),
            "indicator": values.ravel(),
        }
    )


def test_intervals_of_ranks_by_hand():
    values = np.tile(np.arange(10.0, 0, -1), (4, 1))  # 101 is always best
    values[3, [0, 9]] = values[3, [9, 0]]  # but once it is last
    ranks = bootstrap.rank_intervals(draws_table(values)).set_index("municipality_code")
    assert ranks.loc["101", ["bootstrap_rank_low", "bootstrap_rank_high"]].tolist() == [1, 10]
    assert ranks.loc["102", ["bootstrap_rank_low", "bootstrap_rank_high"]].tolist() == [2, 2]
    assert ranks.loc["105", "bootstrap_standard_error"] == 0


def test_replicates_that_failed_are_left_out_and_counted():
    values = np.random.default_rng(0).random((20, 10))
    values[4] = np.nan
    ranks = bootstrap.rank_intervals(draws_table(values))
    assert (ranks.replicates == 19).all()
    with pytest.raises(ValueError, match="no bootstrap replicate is complete"):
        bootstrap.rank_intervals(draws_table(values * np.nan))


def test_bad_arguments_are_named(spells):
    with pytest.raises(ValueError, match="replicates must be a whole number, at least 1, not 0"):
        bootstrap.indicators(spells, 0, 1)
    with pytest.raises(ValueError, match="no municipality has enough spells"):
        bootstrap.prepare(spells.assign(is_benchmarked=False))


def test_batched_bfgs_finds_the_maxima_of_poisson_likelihoods():
    """sum(y eta - exp(eta)) has the closed-form maximum log(mean y) per group."""
    rng = np.random.default_rng(0)
    y = rng.poisson(5.0, (3, 7)) + 1.0

    def evaluate(b, active):
        e = np.exp(b)
        return (y[:, active] * b - e).sum(axis=0), y[:, active] - e

    b, value, left = batch.maximise(evaluate, np.zeros((3, 7)), np.eye(3), decrement=1e-16)
    np.testing.assert_allclose(b, np.log(y), atol=1e-7)
    assert (left < 1e-12).all()
    np.testing.assert_allclose(value, (y * np.log(y) - y).sum(axis=0))
