"""Estimates from blocks of packed covariates are those from one matrix in memory."""

import tracemalloc
from types import SimpleNamespace

import duckdb
import numpy as np
import pandas as pd
import pytest
import simulation
from cox_residuals import martingale_residuals, score_residuals

from vfm.statistics import bootstrap, covariates, cox, curves, indicator, replicates
from vfm.statistics.cox import inputs, likelihood, model, tables

SMALL = (3, 2, 4, 1, 1)
BLOCKS = (7, 256, 10_000)
EXACT = {"rtol": 1e-10, "atol": 1e-10}


@pytest.fixture(scope="module")
def spells():
    d = simulation.spells(1500, seed=8, levels=SMALL, municipalities=8, minimum_spells=25)
    return d.assign(children=np.random.default_rng(1).integers(0, 9, len(d)).astype(float))


def in_blocks(monkeypatch, size):
    """From here on covariates are packed, and come in blocks of so many rows."""
    monkeypatch.setattr(inputs, "_DENSE", 0)
    monkeypatch.setattr(covariates, "BLOCK", size)


def changed(spells, case):
    """Arguments of `cox.fit` for one case."""
    X = spells[cox.terms_of(spells)]
    rng = np.random.default_rng(3)
    weights = None
    if case == "whole weights":
        weights = rng.integers(0, 4, len(X)).astype(float)
    if case == "weights":
        weights = rng.uniform(0.1, 3, len(X)) * (rng.random(len(X)) > 0.1)
    if case == "dropped":  # a constant, a combination of others, and a level without events
        never = (rng.random(len(X)) < 0.05) & ~spells.is_success
        X = X.assign(constant=1.0, twice=2 * X.children, never=never)
    if case == "no covariates":
        X = X[[]]
    return {
        "duration": spells.duration_weeks.to_numpy(),
        "event": spells.is_success.to_numpy(),
        "X": X,
        "weights": weights,
        "cluster": None if case == "no cluster" else spells.person_id.to_numpy(),
    }


@pytest.mark.parametrize("rough", [False, True], ids=["double", "single precision first"])
@pytest.mark.parametrize("ties", cox.TIES)
@pytest.mark.parametrize(
    "case", ["plain", "no cluster", "whole weights", "weights", "dropped", "no covariates"]
)
def test_a_fit_in_blocks_is_the_fit(spells, monkeypatch, ties, case, rough):
    arguments = changed(spells, case)
    whole = cox.fit(**arguments, ties=ties)
    assert not isinstance(whole.rows.covariates, cox.Packed)
    times = np.arange(0, 157, 12)
    if rough:
        monkeypatch.setattr(likelihood, "_ROUGH_SIZE", 0)
    for size in BLOCKS:
        in_blocks(monkeypatch, size)
        blocked = cox.fit(**arguments, ties=ties)
        assert isinstance(blocked.rows.covariates, cox.Packed) or case == "no covariates"
        assert blocked.status.tolist() == whole.status.tolist()
        for name in ("coefficients", "covariance", "robust_covariance", "log_likelihood", "linear_predictor"):
            np.testing.assert_allclose(getattr(blocked, name), getattr(whole, name), **EXACT, err_msg=name)
        for residuals in (score_residuals, martingale_residuals):
            np.testing.assert_allclose(residuals(blocked), residuals(whole), **EXACT)
        np.testing.assert_allclose(blocked.baseline_survival(times), whole.baseline_survival(times), **EXACT)
        if arguments["weights"] is None:
            tests = zip(
                cox.proportional_hazards_test(blocked), cox.proportional_hazards_test(whole), strict=True
            )
            for one, other in tests:
                np.testing.assert_allclose(one, other, rtol=1e-10)


@pytest.mark.parametrize("ties", cox.TIES)
def test_indicators_in_blocks_are_the_indicators(spells, monkeypatch, ties):
    never = ((np.random.default_rng(1).random(len(spells)) < 0.05) & ~spells.is_success).astype(float)
    spells = spells.assign(never=never)
    whole = indicator.uncertainty(spells, ties=ties)
    np.testing.assert_allclose(whole.covariance, whole.influence.T @ whole.influence, rtol=1e-10, atol=1e-16)
    assert whole.influence.shape == (spells.person_id.nunique(), len(whole.municipalities))
    efron = indicator.expected_table(cox.by_sex(spells, ties="efron"))
    for size in BLOCKS:
        in_blocks(monkeypatch, size)
        monkeypatch.setattr(indicator, "_CHUNK", size)
        blocked = indicator.uncertainty(spells, ties=ties)
        for name in ("expected", "observed", "indicator"):
            np.testing.assert_allclose(getattr(blocked, name), getattr(whole, name), rtol=1e-10)
        largest = np.abs(whole.influence).max()
        np.testing.assert_allclose(blocked.influence, whole.influence, atol=1e-10 * largest)
        np.testing.assert_allclose(blocked.covariance, whole.covariance, atol=1e-10 * largest**2)
        np.testing.assert_allclose(blocked.standard_errors, whole.standard_errors, rtol=1e-10)
        again = indicator.expected_table(cox.by_sex(spells, ties="efron"))
        pd.testing.assert_frame_equal(again, efron, rtol=1e-10)


def test_expected_curves_in_blocks_are_the_curves(monkeypatch):
    predictor = np.append(np.random.default_rng(0).standard_normal(300), -np.inf)
    baseline = np.linspace(1, 0.4, 157)
    whole = (baseline[:, None] ** np.exp(predictor)).mean(axis=1)
    for size in BLOCKS:
        monkeypatch.setattr(curves, "_CHUNK", size)
        np.testing.assert_allclose(curves.expected_survival(predictor, baseline), whole, rtol=1e-12)


def test_blocks_hold_whole_groups_and_every_row():
    rng = np.random.default_rng(0)
    for n in (1, 2, 50, 400):
        group = pd.factorize(rng.integers(0, max(1, n // 3), n))[0]
        for size in (1, 3, 1000):
            seen, rows_seen = [], []
            for rows, starts in cox.grouped(group, size):
                assert starts[0] == 0 and (np.diff(np.append(starts, len(rows))) > 0).all()
                assert (np.diff(group[rows])[starts[1:] - 1] > 0).all()
                seen += group[rows][starts].tolist()
                rows_seen += rows.tolist()
            assert seen == sorted(set(group))  # no group in two blocks
            assert sorted(rows_seen) == list(range(n))
    assert list(cox.grouped(np.zeros(0, int))) == []
    assert list(cox.blocks_of(cox.Packed([np.zeros(0, np.uint8)]))) == []


def test_packed_columns_keep_every_number():
    exact = {
        "byte": [0.0, 1.0, 255.0],
        "beyond": [0.0, 1.0, 256.0],
        "negative": [-1.0, 0.0, 1.0],
        "fraction": [0.0, 0.5, 1.0],
        "missing": [0.0, np.nan, 1.0],
        "endless": [0.0, np.inf, 1.0],
    }
    for name, values in exact.items():
        column = cox.packed_column(np.array(values))
        assert (column.dtype == np.uint8) == (name == "byte")
        np.testing.assert_array_equal(column.astype(float), values)
    assert cox.packed_column(np.array([True, False])).tolist() == [1, 0]
    frame = pd.DataFrame(exact).drop(columns=["missing", "endless"])
    np.testing.assert_array_equal(cox.packed(frame).take(np.array([2, 0])), frame.to_numpy()[[2, 0]])


def test_missing_values_are_named_in_packed_columns_too(spells, monkeypatch):
    in_blocks(monkeypatch, 100)
    arguments = changed(spells, "plain")
    arguments["X"] = arguments["X"].assign(gap=np.where(np.arange(len(spells)) == 5, np.nan, 1.5))
    with pytest.raises(ValueError, match="missing or infinite values in column gap"):
        cox.fit(**arguments)


def test_what_is_read_is_the_table_in_less_memory(monkeypatch):
    monkeypatch.setattr(tables, "_VECTORS", 1)
    d = simulation.spells(5000, seed=2, levels=SMALL, municipalities=5)
    d["children"] = np.arange(len(d)) // 10.0  # too many for bytes, but not in the first rows
    numbered = d.assign(spell_id=np.arange(len(d)), person_id=pd.factorize(d.person_id)[0])
    connection = duckdb.connect()
    shuffled = d.sample(frac=1, random_state=1)
    connection.register("sorted", d)
    connection.register("shuffled", shuffled)
    for table in ("sorted", "shuffled"):
        frame = cox.read(connection.table(table))
        pd.testing.assert_frame_equal(frame, numbered, check_dtype=False)
        assert (frame.dtypes[cox.terms_of(frame)] == np.uint8).sum() == sum(SMALL)
        assert len(set(map(id, frame.municipality_code))) == 5
        assert frame.children.dtype == float
    small, whole = (cox.coefficients_table(cox.by_sex(spells)) for spells in (frame, d))
    pd.testing.assert_frame_equal(small, whole, rtol=1e-10)
    empty = cox.read(connection.table("shuffled").limit(0))
    assert list(empty.columns) == list(d.columns) and not len(empty)
    connection.register("nobody", d.assign(person_id=d.person_id.where(d.index != 7)))
    with pytest.raises(ValueError, match="person_id is missing in 1 spells"):
        cox.read(connection.table("nobody"))


def with_rare_levels(spells):
    """A level without success, and one with a single success that half of the replicates lack."""
    once = spells.is_success & (spells.sex == "men") & ~spells.person_id.duplicated(keep=False)
    rng = np.random.default_rng(1)
    unlucky = ((rng.random(len(spells)) < 0.05) & ~spells.is_success).astype(float)
    rare = ((rng.random(len(spells)) < 0.02) & ~spells.is_success).astype(float)
    rare[np.flatnonzero(once)[:1]] = 1.0
    return spells.assign(never=unlucky, rare=rare)


def test_replicates_in_blocks_are_the_replicates(spells, monkeypatch):
    spells = with_rare_levels(spells)
    monkeypatch.setattr(replicates, "_ROWS", len(spells))
    monkeypatch.setattr(covariates, "BLOCK", len(spells))
    problem = replicates.Problem(bootstrap.prepare(spells))
    whole = replicates.block_indicators(problem, 5, 0, 12)
    assert np.isfinite(whole).all()
    for size in BLOCKS:
        monkeypatch.setattr(replicates, "_ROWS", size)
        in_blocks(monkeypatch, size)
        blocked = replicates.Problem(bootstrap.prepare(spells))
        np.testing.assert_allclose(replicates.block_indicators(blocked, 5, 0, 12), whole, rtol=1e-10)


FAULTS = {"lost": lambda blocks: blocks[:1] + blocks[2:], "twice": lambda blocks: blocks[:2] + blocks[1:]}
#: What comes in blocks, from where, and a number that all of them make.
BLOCKED = {
    "gradient": (covariates, "blocks_of", lambda m: m.fit._likelihood.gradient(m.fit._likelihood.null)),
    "information": (
        likelihood,
        "blocks_of",
        lambda m: m.fit._likelihood.second_moments(np.ones(len(m.spells))),
    ),
    "robust errors": (model, "grouped", lambda m: cox.CoxResult.robust_covariance.func(m.fit)),
    "jackknife": (cox, "grouped", lambda m: indicator.uncertainty(m.spells).covariance),
    "replicates": (replicates.Model, "blocks", lambda m: replicate(m.problem)),
    "areas of replicates": (replicates, "grouped", lambda m: replicate(m.problem)),
}


def replicate(problem):
    return replicates.block_indicators(replicates.Problem(problem), 1, 0, 1)


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("what", BLOCKED)
def test_a_block_that_is_lost_or_counted_twice_is_seen(spells, monkeypatch, what, fault):
    """The comparisons with 1e-10 can fail: one block of some hundred rows is worth far more than that."""
    in_blocks(monkeypatch, 100)
    monkeypatch.setattr(replicates, "_ROWS", 100)
    made = SimpleNamespace(
        spells=spells, fit=cox.fit(**changed(spells, "plain")), problem=bootstrap.prepare(spells)
    )
    owner, name, value = BLOCKED[what]
    before, blocks = value(made), getattr(owner, name)
    assert np.array_equal(before, value(made))
    monkeypatch.setattr(owner, name, lambda *arguments: iter(FAULTS[fault](list(blocks(*arguments)))))
    assert np.max(np.abs(value(made) / before - 1)) > 1e-4


def peak(call, *arguments):
    """Largest number of bytes that Python and numpy held during a call, besides those before it."""
    tracemalloc.start()
    try:
        call(*arguments)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def fitted(spells):
    for _, _, result in cox.by_sex(spells):
        result.robust_covariance  # noqa: B018


def replicated(spells):
    replicates.block_indicators(replicates.Problem(bootstrap.prepare(spells)), 1, 0, 8)


@pytest.mark.parametrize("call", [fitted, indicator.uncertainty, replicated])
def test_memory_grows_by_less_than_a_row_of_covariates(monkeypatch, call):
    """128 covariates in double precision are 1,024 bytes a row; without blocks each of these takes 2,400."""
    in_blocks(monkeypatch, 1024)
    monkeypatch.setattr(replicates, "_ROWS", 1024)
    peaks = []
    for rows in (4000, 12_000):
        d = simulation.spells(rows, seed=4, levels=(40, 40, 45), municipalities=3)
        levels = cox.terms_of(d)[:-3]
        peaks.append(peak(call, d.assign(**d[levels].astype(np.uint8))))
    assert (peaks[1] - peaks[0]) / 8000 < 800
