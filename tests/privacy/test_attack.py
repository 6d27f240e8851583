"""The attacker: its tools work, it succeeds where a protection is missing and fails on what is published."""

import math
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pytest
import unprotected

from vfm.privacy.attack import (
    attack_score,
    compositions,
    curves,
    durations,
    embedded,
    fractions,
    margins,
    playing,
    quotients,
    reading,
)
from vfm.statistics import kaplan_meier
from vfm.warehouse import published
from vfm.warehouse.paths import PROJECT, Paths

#: Columns of which no quotient or copy may tell more than their own rounding leaves, and how many times
#: closer it may be: three decimals of an indicator are 50 kroner of 100,000, and the rule counts on it.
GUARDED = {
    "benchmark.benchmark_indicators.observed_mean_duration_weeks": 1.0,
    "benchmark.benchmark_indicators.expected_mean_duration_weeks": 1.0,
    "benchmark.observed_durations.observed_mean_duration_weeks": 1.0,
    "benchmark.observed_durations.standard_error": 1.0,
    "benchmark.cox_coefficients.coefficient": 1.0,
    "benchmark.cox_coefficients.standard_error": 1.0,
    "expenditure.expenditure_need.expected_dkk": 2.0,
    "report.municipal_expenditure.expected_dkk": 2.0,
}
EXACT = 1e-12


@dataclass
class World:
    results: Path
    warehouse: Path
    pages: list[Path]

    def __post_init__(self):
        with closing(duckdb.connect(str(self.warehouse), read_only=True)) as con:
            self.truth = attack_score.true_cells(con)
        with closing(duckdb.connect(str(self.results), read_only=True)) as con:
            self.limit = reading.Release(con).limit


@pytest.fixture(scope="module")
def shipped():
    """What the last build published, and its warehouse; skipped where they are not of one build."""
    paths = Paths.from_environment(PROJECT)
    if not published.results().exists() or not paths.warehouse.exists():
        pytest.skip("nothing is built yet")
    marks = []
    for path in (published.results(), paths.warehouse):
        with closing(duckdb.connect(str(path), read_only=True)) as con:
            marks.append(con.execute("select register_fingerprint, built_at from meta.build_info").fetchone())
    if marks[0] != marks[1]:
        pytest.skip("the published file is not of the warehouse's build")
    return World(published.results(), paths.warehouse, [])


@pytest.fixture(scope="module")
def tenth(small):
    docs = small.build / "docs.html"  # there if a test of the docs has made it
    pages = [*sorted(small.report.glob("*.html")), *([docs] if docs.exists() else [])]
    return World(small.results, small.build / "warehouse.duckdb", pages)


@pytest.fixture(params=["shipped", "tenth"])
def world(request):
    return request.getfixturevalue(request.param)


def exactly(value):
    return value * (1 - EXACT), value * (1 + EXACT)


# The tools.


def test_the_simplest_fraction_of_an_interval_has_the_smallest_denominator():
    assert fractions.simplest_fraction(0.33, 0.34) == (1, 3)
    assert fractions.simplest_fraction(5214 / 17622 - 1e-10, 5214 / 17622 + 1e-10) == (79, 267)
    assert fractions.simplest_fraction(2.0, 2.5) == (2, 1)


def test_numerators_are_the_whole_numbers_of_an_interval():
    least, greatest = fractions.numerators(np.array([10, 11, 100]), 0.195, 0.205)
    assert least.tolist() == [2, 3, 20] and greatest.tolist() == [2, 2, 20]


@pytest.mark.parametrize(
    ("values", "at", "half"),
    [
        ([0.25, 1.5, 3.125], 1.5, 0.0005),
        ([1200.0, 81300.0], 1200.0, 50),
        ([0.0012, 1.3, 250.0], 250.0, 5),
        ([0.0012, 1.3, 250.0], 0.0012, 0.00005),
        ([3.0, 4.0], 3.0, 0.5),
    ],
)
def test_the_precision_of_a_column_is_read_off_its_values(values, at, half):
    found = reading.inferred_half_step(np.array(values))
    assert (found(at) if callable(found) else found) == pytest.approx(half)


def test_a_column_with_all_its_digits_is_exact():
    assert reading.inferred_half_step(np.array([1 / 3, math.pi])) is None


def test_steps_of_a_curve_give_the_numbers_at_risk_and_the_events():
    at_risk, jobs, leavers = (
        np.array(row, float) for row in ([50, 50, 41, 30, 22], [0, 3, 5, 0, 2], [0, 1, 0, 4, 1])
    )
    survival, found, left, variance = unprotected.curves_of(at_risk, jobs, leavers)
    bounds = [
        {week: exactly(value) for week, value in enumerate(each)}
        for each in (survival, found, left, variance)
    ]
    steps = curves.steps_of(bounds[0], (bounds[1], bounds[2]), bounds[3])
    walk = curves.Walk(steps, (50, 50), ((10, 10), (6, 6)), after=False).run()
    assert walk.by_week(0, 4) == {week: (int(jobs[week]), int(jobs[week])) for week in range(1, 5)}
    assert walk.by_week(1, 4) == {week: (int(leavers[week]), int(leavers[week])) for week in range(1, 5)}
    rounded = [
        {week: (value - 0.05, value + 0.05) for week, value in enumerate(each)}
        for each in (survival, found, left)
    ]
    walk = curves.Walk(
        curves.steps_of(rounded[0], rounded[1:]), (50, 50), ((10, 10), (6, 6)), after=False
    ).run()
    for cause, true in enumerate((jobs, leavers)):
        for week, (low, high) in walk.by_week(cause, 4).items():
            assert low <= true[week] <= high
    assert any(high - low > 2 for low, high in walk.by_week(1, 4).values())


def test_numbers_that_contradict_each_other_are_told():
    steps = curves.steps_of({0: (1, 1), 1: exactly(0.5)})
    with pytest.raises(reading.ContradictionError):
        curves.Walk(steps, (7, 7), ((0, 7), (0, 7)), after=False).run()


def test_a_mean_and_its_variance_give_the_weeks_of_success():
    weeks = np.array([14, 31, 31, 80, 140, 156, 156, 60, 156, 156])
    event = np.array([True, True, True, True, False, False, False, False, False, False])
    mean = kaplan_meier.restricted_mean(kaplan_meier.survival(weeks, event), 156)
    variance = kaplan_meier.restricted_mean_variance(weeks, event)
    ways = durations.success_weeks(exactly(mean), exactly(variance), 10, 4, 156)
    assert [14, 31, 31, 80] in ways.tolist() and len(ways) < 20
    wide = (mean - 0.005, mean + 0.005), ((variance**0.5 - 0.05) ** 2, (variance**0.5 + 0.05) ** 2)
    many = durations.success_weeks(*wide, 10, 4, 156)
    assert many is None or all((many == week).sum(axis=1).min() == 0 for week in (14, 31, 80))


def test_a_long_mean_leaves_few_early_successes():
    assert durations.most_of_week(26, 4, 123.76, 1, 130) == 1
    assert durations.most_of_week(26, 4, 100.0, 1, 130) == 4


def test_two_totals_give_a_cell_that_is_hidden_alone():
    sums = margins.Sums()
    for name, value in {"a": 3, "all": 12}.items():
        sums.cell(name, value, value)
    sums.cell("b")
    sums.cell("c", 2, 4)
    sums.total(["a", "b", "c"], "all")
    assert sums.solved() == {"a": (3, 3), "all": (12, 12), "b": (5, 7), "c": (2, 4)}


def test_families_of_groups_are_those_of_the_composition():
    left, right = compositions.family_sums()
    assert left.shape == (6, len(compositions.GROUPS)) and right.tolist() == [1, 1, 1, 1, 0, 0]


def test_a_number_that_is_not_published_is_found_in_a_page():
    rows = '[{"v": 0.25, "w": 0.123456789, "x": 25}]'
    page = f'<script type="application/json" id="x">{{"datasets": {{"a": {rows}}}}}</script>'
    assert embedded.unpublished_numbers(page, np.array([0.2512, 0.25, 25.0])) == ["0.123456789"]


def test_a_quotient_that_returns_digits_is_found():
    with duckdb.connect() as con:
        con.execute("create schema benchmark")
        con.execute(
            """
            create table benchmark.benchmark_indicators as
            select
                cast(number as varchar) as municipality_code,
                100 + sqrt(number) as expected_mean_duration_weeks,
                0.9 + sqrt(number) / 50 as benchmark_indicator,
                round((100 + sqrt(number)) / (0.9 + sqrt(number) / 50), 2) as observed_mean_duration_weeks
            from range(2, 40) as numbers (number)
            """
        )
        found = quotients.refined_columns(reading.Release(con))
    assert {each.column for each in found} == {"benchmark.benchmark_indicators.observed_mean_duration_weeks"}
    assert found[0].times > 1e6


# It succeeds where a protection is missing.


@pytest.mark.parametrize("protection", unprotected.PROTECTIONS, ids=lambda function: function.__name__)
def test_without_a_protection_cells_of_few_come_back(protection, world, tmp_path):
    attack, expected = unprotected.PROTECTIONS[protection]
    with unprotected.copy_of(world.results, world.warehouse, tmp_path) as con:
        protection(con)
        played = playing.play(con, attacks=[attack])
    assert not played.contradictions
    scores = {each.table: each for each in attack_score.score(played, world.truth, world.limit)}
    for table, share in expected.items():
        assert scores[table].missed == 0
        assert scores[table].few > 0 and scores[table].within_one >= max(1, share * scores[table].few)


def test_a_margin_gives_back_the_only_cell_that_it_hides(world, tmp_path):
    with unprotected.copy_of(world.results, world.warehouse, tmp_path) as con:
        unprotected.one_hidden_cell_of_a_margin(con)
        played = playing.play(con, attacks=["tables with margins"])
    bounds = {cell: ends for (table, cell), ends in played.bounds().items() if table == "table_2_1"}
    assert all(low == high == world.truth["table_2_1", cell].count for cell, (low, high) in bounds.items())


# It fails on what is published.


def test_no_cell_of_few_is_recovered_from_what_is_published(world):
    with closing(duckdb.connect(str(world.results), read_only=True)) as con:
        played = playing.play(con)
    assert not played.contradictions
    scores = attack_score.score(played, world.truth, world.limit)
    assert sum(each.few for each in scores) > 0
    table = "\n".join(attack_score.score_lines(scores))
    assert not any(each.missed for each in scores), f"bounds miss the truth:\n{table}"
    found = attack_score.recovered_cells(played, world.truth, world.limit)
    assert not found, f"{len(found)} cells of few are recovered:\n{table}"
    refined = {
        each.column: each for each in played.refined if each.times > GUARDED.get(each.column, math.inf)
    }
    assert not refined, "other columns give more digits of " + ", ".join(
        f"{column} ({each.formula}, {each.times:.1f} times)" for column, each in refined.items()
    )


def test_pages_hold_no_number_that_is_not_published(tenth):
    with closing(duckdb.connect(str(tenth.results), read_only=True)) as con:
        played = playing.play(con, pages=tenth.pages, attacks=[])
    assert len(tenth.pages) >= 2
    assert played.unpublished == {}
