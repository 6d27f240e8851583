"""make recovery on ranks, fifths and shrunken intervals: known truths are counted as they should."""

from dataclasses import replace

import numpy as np
import pandas as pd

from vfm.statistics import cox
from vfm.synthetic.verify import recovery_comparing, recovery_years, redraws
from vfm.synthetic.world import creation, truth

CODES = np.array([str(101 + k) for k in range(30)])
ERRORS = np.linspace(0.01, 0.04, 30)


def draws(number=60, seed=1):
    rng = np.random.default_rng(seed)
    truth = 0.05 * rng.standard_normal(len(CODES))
    return [
        recovery_comparing.Drawn(
            CODES,
            y := truth + ERRORS * rng.standard_normal(len(CODES)),
            np.abs(y) > 3 * ERRORS,
            np.diag(ERRORS**2),
        )
        for _ in range(number)
    ]


def test_what_holds_is_counted_by_quantity_and_name():
    table = recovery_comparing.comparing_held(draws(), 1)
    assert list(table.columns) == recovery_comparing.COLUMNS
    sums = table.groupby("quantity")[["held", "cases"]].sum()
    share = sums["held"] / sums["cases"]
    assert set(recovery_comparing.TITLES) | {"fifth"} == set(share.index)
    assert sums.loc["indicator", "cases"] == 60 * 30
    assert sums.loc["shrunken_farthest", "cases"] == 60 * 8
    assert sums.loc["fifth", "cases"] == 60 * 30 * 5
    for quantity in ("indicator", "shrunken"):
        assert abs(share[quantity] - 0.945) < 0.02
    assert share["rank_set"] > 0.94
    assert share["bootstrap_rank"] < share["rank_set"]
    widths = table[table["name"] == "101"].set_index("quantity")["width"]
    assert widths["shrunken"] < widths["indicator"] < 2 * 1.97 * ERRORS[0] * 1.3


def test_stated_probabilities_of_fifths_stand_beside_how_often_they_held():
    fifths = recovery_comparing.comparing_held(draws(), 1).query("quantity == 'fifth'")
    assert fifths["name"].tolist() == sorted(fifths["name"])
    assert ((fifths["stated"] * 10).astype(int).clip(upper=9).astype(str) == fifths["name"]).all()
    large = fifths[fifths["cases"] >= 200]
    assert (np.abs(large["held"] / large["cases"] - large["stated"]) < 0.08).all()


def test_an_indicator_without_error_is_always_held():
    same = draws(1)[0]
    table = recovery_comparing.comparing_held([same, same], 1)
    assert (table[table["quantity"] == "indicator"]["held"] == 2).all()


def test_rows_of_the_warehouse_are_put_in_order():
    V = pd.DataFrame(
        [("147", "147", 0.04), ("147", "101", 0.01), ("101", "147", 0.01), ("101", "101", 0.09)],
        columns=["municipality_code", "other_municipality_code", "covariance"],
    )
    rows = pd.DataFrame(
        {"municipality_code": ["147", "101"], "indicator": [2.0, 1.0], "p_value_fdr": [0.01, np.nan]}
    )
    one = recovery_comparing.drawn(rows, V)
    assert one.codes.tolist() == ["101", "147"]
    np.testing.assert_allclose(one.log_indicator, [0, np.log(2)])
    assert one.is_discovery.tolist() == [False, True]
    np.testing.assert_allclose(one.covariance, [[0.09, 0.005], [0.005, 0.01]])


def test_rows_of_the_page_are_by_quantity_world_and_tenth():
    found = recovery_comparing.comparing_held(draws(20), 1).assign(world="friendly")
    results = [{"seed": seed, "comparing": found.to_dict("list")} for seed in (1, 2)]
    rows = recovery_comparing.comparing_rows(results, {"101": "Copenhagen"})
    assert [row[0] for row in rows] == list(recovery_comparing.TITLES.values())
    assert {row[1] for row in rows} == {"as simulated"}
    assert rows[0][2] == "95" and rows[0][3].endswith("± 0.0")
    fifths = recovery_comparing.fifth_rows(results)
    assert fifths[0][1] == "00-10 %" and len(fifths) == (found["quantity"] == "fifth").sum()
    assert recovery_comparing.comparing_rows([{"seed": 1}], {}) == []


def test_an_earlier_end_of_follow_up_takes_most_of_the_bias_of_late_years():
    made = creation.create_world(4711, 0.15)
    world = redraws.redraw_histories(made, 1)
    fits = list(cox.by_sex(truth.cox_input(world)))
    both = recovery_years.year_deviations(world, cox.coefficients_table(fits))
    assert set(both["weeks_not_followed"]) == {0, recovery_years.EARLIER}
    late = both[both["year"] == 2015].groupby("weeks_not_followed")["deviation"].mean()
    assert late[recovery_years.EARLIER] > late[0] + 0.1
    rows = recovery_years.year_rows([{"seed": 1, "years": both.to_dict("list")}])
    assert ("men", "2015") in {row[:2] for row in rows}


def test_errors_alone_are_no_dispersion_and_no_discovery():
    """Where the stated errors are half of the true ones, both are found all the same."""
    right = recovery_comparing.comparing_held(draws(20), 1).set_index("quantity")
    small = [replace(one, covariance=one.covariance / 4) for one in draws(20)]
    wrong = recovery_comparing.comparing_held(small, 1).set_index("quantity")
    for quantity in ("null_discovery", "null_dispersion"):
        assert right.loc[quantity, "cases"] == 20 and right.loc[quantity, "held"] >= 16
        assert wrong.loc[quantity, "held"] <= 8
