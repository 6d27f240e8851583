"""The frontiers' worlds of make recovery: what is planted is what is looked for, and the tables count it."""

import numpy as np
import pandas as pd
import pytest

from vfm.synthetic.verify import recovery_frontier


@pytest.fixture(scope="module")
def measured():
    """Indicators of 30 municipalities and draws of their errors."""
    rng = np.random.default_rng(1)
    n, draws = 30, 240
    codes = [str(101 + k) for k in range(n)]
    data = pd.DataFrame(
        {
            "municipality_code": codes,
            "spells": rng.integers(100, 900, n),
            "benchmark_indicator": 1 + 0.05 * rng.standard_normal(n),
            "benchmark_standard_error": 0.02,
            "expenditure_indicator": 1 + 0.2 * rng.standard_normal(n),
        }
    )
    drawn = pd.DataFrame(
        {
            "draw": np.repeat(np.arange(draws + 1), n),
            "municipality_code": np.tile(codes, draws + 1),
            "expected_dkk": 70_000.0,
        }
    )
    for column, error in (("benchmark_indicator", 0.02), ("expenditure_indicator", 0.1)):
        errors = error * rng.standard_normal((draws + 1, n))
        errors[0] = 0.0
        drawn[column] = (data[column].to_numpy() + errors).ravel()
    return data, drawn


def test_planted_inefficiency_is_held(measured, monkeypatch):
    monkeypatch.setattr(recovery_frontier, "WORLDS", {("cost", "planted"): (0.02, 0.5)})
    monkeypatch.setattr(recovery_frontier, "DRAWS", 60)
    monkeypatch.setattr(recovery_frontier, "TEST_DRAWS", 19)
    held = recovery_frontier.frontier_worlds(*measured, seed=1, worlds=2)
    assert len(held) == 60 and set(held["boundary"]) <= {"none", "sigma_v", "sigma_u"}
    again = recovery_frontier.frontier_worlds(*measured, seed=1, worlds=2)
    pd.testing.assert_frame_equal(held, again)
    results = [{"seed": seed, "frontiers": held.to_dict("list")} for seed in (1, 2)]
    [corner] = recovery_frontier.corner_rows(results)
    assert corner[:3] == ("cost", "planted", "4")
    [joint, *_] = recovery_frontier.coverage_rows(results, {})
    assert joint[:4] == ("cost", "planted", "joint", "95")
    share = 100 * held["joint"].mean()
    assert share > 80 and float(joint[4].split()[0]) == pytest.approx(share, abs=0.06)
    assert recovery_frontier.coverage_rows([{"seed": 1}], {}) == []


def test_sizes_are_counted_by_side(measured, monkeypatch):
    monkeypatch.setattr(recovery_frontier, "TEST_DRAWS", 19)
    sizes = recovery_frontier.sizes_of_tests(*measured, seed=1, nulls=2)
    assert sizes["side"].tolist() == ["production", "production", "cost", "cost"]
    sizes = sizes.assign(known_mixed=[0.01, 0.2, 0.3, 0.4], weighted_mixed=0.04)
    rows = recovery_frontier.size_rows([{"seed": 1, "frontier_tests": sizes.to_dict("list")}])
    by_test = {title: cells for title, *cells in rows}
    assert by_test[recovery_frontier.TESTS["known_mixed"]] == ["2", "50.0 ± 69.3", "0.0 ± 0.0"]
    assert by_test[recovery_frontier.TESTS["weighted_mixed"]] == ["2", "100.0 ± 0.0", "100.0 ± 0.0"]
    assert recovery_frontier.size_rows([{"seed": 1}]) == []
