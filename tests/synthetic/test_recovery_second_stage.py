"""make recovery on the second stage: what a redraw holds, and how it is shown."""

import numpy as np
import pandas as pd
import pytest
from cost_need_terms import SHARES

from vfm.statistics import cost_need
from vfm.synthetic.verify import recovery_second_stage, redraws

CODES = [str(101 + k) for k in range(60)]


@pytest.fixture(scope="module")
def world():
    """Cells, expected spending and second-stage input of 60 municipalities; 105 has one year."""
    rng = np.random.default_rng(1)
    cells = pd.DataFrame(
        {"municipality_code": np.repeat(CODES, 5), "year": np.tile(np.arange(2011, 2016), len(CODES))}
    )
    cells = cells.assign(**{term: rng.beta(2, 6, len(cells)) for term in SHARES})
    predicted = 60_000 + 40_000 * cells["share_refugees"].to_numpy()
    level = np.repeat(1 + 0.15 * rng.standard_normal(len(CODES)), 5)
    cells[cost_need.OUTCOME] = predicted * (level + 0.1 * rng.standard_normal(len(cells)))
    kept = ((cells["municipality_code"] != "105") | (cells["year"] == 2013)).to_numpy()
    municipalities = pd.DataFrame(
        {
            "municipality_code": CODES,
            "spells": rng.integers(100, 900, len(CODES)),
            "benchmark_indicator": 1 + 0.05 * rng.standard_normal(len(CODES)),
        }
    )
    covariances = pd.DataFrame(
        [(a, b, 0.0004 * (a == b)) for a in CODES for b in CODES],
        columns=["municipality_code", "other_municipality_code", "covariance"],
    )
    return cells[kept].reset_index(drop=True), predicted[kept], municipalities, covariances


@pytest.mark.parametrize("law", recovery_second_stage.LAWS)
def test_redrawn_spending_keeps_the_size_of_what_it_deviates_by(world, law):
    cells, predicted, *_ = world
    own, yearly = redraws.spending_deviations(cells, predicted, 1, 1, law)
    deviation = cells[cost_need.OUTCOME] / predicted - 1
    mean = deviation.groupby(cells["municipality_code"]).transform("mean")
    np.testing.assert_allclose(np.abs(own), np.abs(mean))
    if law == "signs":
        np.testing.assert_allclose(np.abs(yearly), np.abs(deviation - mean), atol=1e-12)
    assert np.std(yearly) == pytest.approx(np.std(deviation - mean), rel=0.3)
    assert pd.Series(own).groupby(cells["municipality_code"]).nunique().eq(1).all()


def test_the_spending_of_both_laws_is_seeded(world):
    cells, predicted, *_ = world
    one = redraws.redraw_spending(cells, predicted, 3, 2)
    own, yearly = redraws.spending_deviations(cells, predicted, 3, 2)
    np.testing.assert_array_equal(one[cost_need.OUTCOME], predicted * (1 + own + yearly))


def test_intervals_are_counted_by_municipality_and_shown_by_quantity(world):
    cells, predicted, municipalities, covariances = world
    found = recovery_second_stage.second_stage_held(
        cells, SHARES, predicted, municipalities, covariances, 5, 3
    )
    again = recovery_second_stage.second_stage_held(
        cells, SHARES, predicted, municipalities, covariances, 5, 3
    )
    pd.testing.assert_frame_equal(found, again)
    quantities = {f"{key}, {law}" for key in recovery_second_stage.TITLES for law in ("normal", "signs")}
    assert set(found["quantity"]) == quantities
    assert found["held"].le(found["cases"]).all() and found["cases"].le(3).all()
    total = found[found["quantity"] == "expenditure_total, normal"]
    assert set(total["name"]) == set(CODES) and total["held"].sum() > 0.85 * total["cases"].sum()
    report = found[found["quantity"] == "expenditure_report, normal"]
    assert set(report["name"]) == set(CODES) - {"105"}  # one year has no interval of the report
    result = {"seed": 5, "second_stage": found.to_dict("list")}
    rows = recovery_second_stage.second_stage_rows(
        [result, result | {"seed": 6}, {"seed": 7}], {"101": "København"}
    )
    assert len(rows) == len(quantities) and all(len(row) == 7 for row in rows)
    assert recovery_second_stage.second_stage_rows([{"seed": 7}], {}) == []
