"""Whether published columns give more digits of another than its own rounding does.

A quotient, product or difference of published numbers is a number, too. For every formula below the bounds
of what it gives are compared with the bounds that rounding leaves of the column itself.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from vfm.privacy.attack.reading import Refined, Release
from vfm.statistics.normal import Z_975

_CODE, _PLACE, _TERM = ("municipality_code",), ("municipality_code", "year"), ("sex", "term")
_BOTH = ("municipality_code", "other_municipality_code")
#: What a formula must give more closely than the column itself to count.
_CLOSER = 0.9
_DISAGREE = 1.0001
#: How much of its own rounding a formula must miss the printed number by (what is rounded twice misses by
#: less), and in what share of the rows.
_SAME = 0.03
_OFTEN = 0.03


@dataclass(frozen=True)
class Formula:
    """A column that follows from others.

    ``column`` and ``sources`` are schema.table.column; rows meet by ``key``. ``compute`` is monotone in
    each of its arguments; ``where`` picks rows of the sources by fixed values.
    """

    column: str
    key: tuple[str, ...]
    words: str
    sources: tuple[str, ...]
    compute: Callable[..., float]
    where: tuple[tuple[str, object], ...] = ()


_I, _U, _F = "benchmark.benchmark_indicators", "benchmark.indicator_uncertainty", "benchmark.funnel_limits"
_OBSERVED, _EXPECTED = "observed_mean_duration_weeks", "expected_mean_duration_weeks"
_NEED, _COX = "expenditure.expenditure_need", "benchmark.cox_coefficients"
_COST, _RATIO = "expenditure.cost_need_coefficients", "report.hazard_ratios"
_FRONTIER, _SPENT = "efficiency.frontier_efficiencies", "expenditure.expenditure_per_person"
_DURATIONS = "benchmark.observed_durations"
_HALF_NORMAL = (("side", "production"), ("distribution", "half_normal"))


def _half_width(low, high):
    return (high - low) / (2 * Z_975)


def _log_half_width(low, high):
    return math.log(high / low) / (2 * Z_975)


FORMULAS = (
    *(
        Formula(f"{table}.{_OBSERVED}", _CODE, words, sources, compute)
        for table in (_I, _DURATIONS)
        for words, sources, compute in (
            ("expected / indicator", (f"{_I}.{_EXPECTED}", f"{_I}.benchmark_indicator"), lambda e, i: e / i),
            ("expected / indicator", (f"{_I}.{_EXPECTED}", f"{_U}.indicator"), lambda e, i: e / i),
            (
                "expected - difference",
                (f"{_I}.{_EXPECTED}", f"{_I}.absolute_difference_weeks"),
                lambda e, d: e - d,
            ),
            (
                "middle of the interval",
                (f"{_DURATIONS}.ci_low", f"{_DURATIONS}.ci_high"),
                lambda a, b: (a + b) / 2,
            ),
        )
    ),
    Formula(
        f"{_I}.{_EXPECTED}",
        _CODE,
        "indicator x observed",
        (f"{_I}.benchmark_indicator", f"{_I}.{_OBSERVED}"),
        lambda i, o: i * o,
    ),
    Formula(
        f"{_I}.{_EXPECTED}",
        _CODE,
        "observed + difference",
        (f"{_I}.{_OBSERVED}", f"{_I}.absolute_difference_weeks"),
        lambda o, d: o + d,
    ),
    Formula(
        f"{_I}.benchmark_indicator",
        _CODE,
        "expected / observed",
        (f"{_I}.{_EXPECTED}", f"{_I}.{_OBSERVED}"),
        lambda e, o: e / o,
    ),
    Formula(
        f"{_I}.benchmark_indicator",
        _CODE,
        "middle of the interval",
        (f"{_I}.ci_low", f"{_I}.ci_high"),
        lambda a, b: math.sqrt(a * b),
    ),
    Formula(
        f"{_I}.benchmark_indicator",
        _CODE,
        "exp(z x error)",
        (f"{_F}.z", f"{_F}.log_standard_error"),
        lambda z, e: math.exp(z * e),
    ),
    Formula(
        f"{_I}.benchmark_indicator",
        _CODE,
        "regression + residual",
        (f"{_FRONTIER}.regression", f"{_FRONTIER}.residual"),
        lambda r, e: r + e,
        _HALF_NORMAL,
    ),
    Formula(
        f"{_DURATIONS}.standard_error",
        _CODE,
        "width of the interval",
        (f"{_DURATIONS}.ci_low", f"{_DURATIONS}.ci_high"),
        _half_width,
    ),
    *(
        Formula(f"{table}.log_standard_error", _CODE, words, sources, compute, where)
        for table in (_U, _F)
        for words, sources, compute, where in (
            ("1 / precision", (f"{_F}.precision",), lambda p: 1 / p, ()),
            ("width of the interval", (f"{_U}.ci_low", f"{_U}.ci_high"), _log_half_width, ()),
            ("error / indicator", (f"{_U}.standard_error", f"{_U}.indicator"), lambda e, i: e / i, ()),
            ("ln(limit) / 1.96", (f"{_F}.limit_95_high",), lambda x: math.log(x) / Z_975, ()),
        )
    ),
    Formula(
        "benchmark.indicator_covariance.covariance",
        _CODE,
        "error squared",
        (f"{_U}.standard_error",),
        lambda e: e * e,
        (("other_municipality_code", "municipality_code"),),
    ),
    *(
        Formula(
            f"{table}.expected_dkk",
            _PLACE,
            "actual / indicator",
            (f"{table}.actual_dkk", f"{table}.expenditure_indicator"),
            lambda a, i: a / i,
        )
        for table in (_NEED, "report.municipal_expenditure")
    ),
    Formula(
        f"{_NEED}.expenditure_indicator",
        _PLACE,
        "actual / expected",
        (f"{_NEED}.actual_dkk", f"{_NEED}.expected_dkk"),
        lambda a, e: a / e,
    ),
    Formula(
        f"{_NEED}.actual_dkk",
        _PLACE,
        "indicator x expected",
        (f"{_NEED}.expenditure_indicator", f"{_NEED}.expected_dkk"),
        lambda i, e: i * e,
    ),
    Formula(
        f"{_SPENT}.full_year_persons",
        _PLACE,
        "expenditure / actual",
        (f"{_SPENT}.expenditure_dkk", f"{_NEED}.actual_dkk"),
        lambda s, a: s / a,
    ),
    Formula(
        f"{_SPENT}.expenditure_per_full_year_person_dkk",
        _PLACE,
        "expenditure / persons",
        (f"{_SPENT}.expenditure_dkk", f"{_SPENT}.full_year_persons"),
        lambda s, p: s / p,
    ),
    Formula(
        f"{_COX}.coefficient", _TERM, "z x error", (f"{_COX}.z", f"{_COX}.standard_error"), lambda z, e: z * e
    ),
    Formula(f"{_COX}.coefficient", _TERM, "ln(hazard ratio)", (f"{_COX}.hazard_ratio",), math.log),
    Formula(f"{_COX}.coefficient", _TERM, "ln(hazard ratio)", (f"{_RATIO}.hazard_ratio",), math.log),
    Formula(
        f"{_COX}.coefficient",
        _TERM,
        "middle of the interval",
        (f"{_COX}.ci_low", f"{_COX}.ci_high"),
        lambda a, b: (a + b) / 2,
    ),
    Formula(
        f"{_COX}.coefficient",
        _TERM,
        "middle of ln(interval)",
        (f"{_RATIO}.ci_low", f"{_RATIO}.ci_high"),
        lambda a, b: math.log(a * b) / 2,
    ),
    Formula(
        f"{_COX}.standard_error",
        _TERM,
        "width of the interval",
        (f"{_COX}.ci_low", f"{_COX}.ci_high"),
        _half_width,
    ),
    Formula(
        f"{_COX}.standard_error",
        _TERM,
        "width of ln(interval)",
        (f"{_RATIO}.ci_low", f"{_RATIO}.ci_high"),
        _log_half_width,
    ),
    Formula(
        f"{_COST}.coefficient_dkk",
        ("model", "term"),
        "t x error",
        (f"{_COST}.t_value", f"{_COST}.standard_error"),
        lambda t, e: t * e,
    ),
)


def copies(release: Release) -> list[Formula]:
    """Every column that another table repeats under the same name and key, as a formula."""
    out, by_name = [], {}
    for table, columns in release.types.items():
        for key in (_BOTH, _PLACE, _TERM, _CODE):
            if set(key) <= columns.keys() and len(release.rows(table)) == len(
                _keyed(release, table, key, ())
            ):
                for column, kind in columns.items():
                    if kind == "DOUBLE" and not column.startswith(("ci_", "standard_error", "p_value", "z")):
                        by_name.setdefault((key, column), []).append(table)
                break
    for (key, column), tables in by_name.items():
        for table, other in itertools.permutations(tables, 2):
            if _agree(release, table, other, column, key):
                source = (f"{other}.{column}",)
                out.append(Formula(f"{table}.{column}", key, f"as in {other}", source, lambda value: value))
    return out


def _agree(release, table, other, column, key):
    """Whether two tables say the same under one name, but for their rounding."""
    mine, theirs = (_keyed(release, each, key, ()) for each in (table, other))
    both = [
        (release.interval(table, column, mine[k][column]), release.interval(other, column, theirs[k][column]))
        for k in mine.keys() & theirs.keys()
        if mine[k][column] is not None and theirs[k][column] is not None
    ]
    wide = 1e-9 * max((abs(a[1]) for a, _ in both), default=0)
    return len(both) > 0 and all(a[0] <= b[1] + wide and b[0] <= a[1] + wide for a, b in both)


def _split(column):
    table, _, name = column.rpartition(".")
    return table, name


def _keyed(release, table, key, where):
    """Rows of a table by key."""
    rows = {}
    for row in release.rows(table):
        if all(row.get(name) == row.get(value, value) for name, value in where if name in row):
            rows[tuple(row[name] for name in key)] = row
    return rows


def _tells_more(value, mine, theirs):
    """Whether a formula excludes what is printed; one made from rounded numbers leads back to them."""
    slack = 1e-11 * abs(value)
    closer = theirs[1] - theirs[0] < _CLOSER * (mine[1] - mine[0]) - slack
    slack += _SAME * (mine[1] - mine[0])
    return closer and not theirs[0] - slack <= value <= theirs[1] + slack


def _range_of(formula, ends):
    """Least and greatest value of a formula over the bounds of its sources."""
    if any(not math.isfinite(end) for pair in ends for end in pair):
        return None
    try:
        values = [formula.compute(*corner) for corner in itertools.product(*ends)]
    except (ValueError, ZeroDivisionError, OverflowError):
        return None
    return min(values), max(values)


def refined_columns(release: Release) -> list[Refined]:
    """Columns of which some formula gives more than rounding left.

    Returns
    -------
    list of Refined
        ``rows`` in which it does, and the median number of ``times`` that it is closer there.
        A formula that does not hold in most rows is left out.
    """
    out = []
    for formula in [*FORMULAS, *copies(release)]:
        table, column = _split(formula.column)
        needed = [_split(source) for source in formula.sources]
        if not all(release.has(each, name) for each, name in [(table, column), *needed]):
            continue
        own = _keyed(release, table, formula.key, formula.where)
        others = [_keyed(release, each, formula.key, formula.where) for each, _ in needed]
        times, wrong, seen = [], 0, 0
        for key, row in own.items():
            if row[column] is None or any(key not in rows for rows in others):
                continue
            mine = release.interval(table, column, row[column])
            ends = [
                release.interval(each, name, rows[key][name])
                for (each, name), rows in zip(needed, others, strict=True)
            ]
            theirs = _range_of(formula, ends)
            if theirs is None:
                continue
            seen += 1
            wide = _DISAGREE * (mine[1] - mine[0]) + 1e-9 * abs(row[column])
            if theirs[0] > mine[1] + wide or theirs[1] < mine[0] - wide:
                wrong += 1
            elif _tells_more(row[column], mine, theirs):
                times.append((mine[1] - mine[0]) / max(theirs[1] - theirs[0], 1e-300))
        if len(times) > _OFTEN * seen and wrong <= seen / 2:
            out.append(Refined(formula.column, formula.words, len(times), float(np.median(times))))
    return out
