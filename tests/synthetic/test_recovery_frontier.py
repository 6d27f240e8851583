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
    [row] = recovery_frontier.coverage_rows(held).to_dict("records")
    assert row["worlds"] == 2 and row["joint, %"] > 80
    again = recovery_frontier.frontier_worlds(*measured, seed=1, worlds=2)
    pd.testing.assert_frame_equal(held, again)


def test_sizes_are_counted_by_side(measured, monkeypatch):
    monkeypatch.setattr(recovery_frontier, "TEST_DRAWS", 19)
    sizes = recovery_frontier.sizes_of_tests(*measured, seed=1, nulls=2)
    assert len(sizes) == 4
    rows = recovery_frontier.size_rows(sizes.assign(known_mixed=[0.01, 0.2, 0.3, 0.01], weighted_mixed=0.04))
    assert rows.set_index("side")["known_mixed"].to_dict() == {"production": 50.0, "cost": 50.0}
    assert (rows["weighted_mixed"] == 100).all() and (rows["nulls"] == 2).all()
