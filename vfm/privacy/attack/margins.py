"""From totals and their parts to the parts that are withheld: tables, municipalities, years."""

from __future__ import annotations

import math
from collections.abc import Hashable

import numpy as np
from scipy.optimize import Bounds, LinearConstraint, milp

from vfm.privacy.attack.fractions import simplest_fraction
from vfm.privacy.attack.reading import ContradictionError, Finding, Release

_OUTCOMES = ("success", "left", "unfinished")
_ROWS = {
    "table_2_1": ("sex", ("men", "women")),
    "table_2_2": ("residence_ground", ("refugee", "family_reunified")),
}
_UNNAMED = "neither"  # grounds that are in the total of Table 2.2 only
#: Tables of the benchmark that repeat a municipality's spells.
_SPELLS_IN = (
    *("benchmark.observed_durations", "report.appendix_table_5_1", "benchmark.benchmark_indicators"),
    *("benchmark.expected_durations", "benchmark.funnel_limits", "benchmark.municipal_profiles"),
    *("efficiency.efficiency_input",),
)


class Sums:
    """Whole numbers of which some are known, and what they add up to."""

    def __init__(self) -> None:
        self.cells: dict[Hashable, list[float]] = {}
        self.equations: list[tuple[list[Hashable], Hashable]] = []

    def cell(self, name: Hashable, low: float = 0, high: float = math.inf) -> None:
        """Add a cell, or narrow the bounds of one."""
        bounds = self.cells.setdefault(name, [0, math.inf])
        bounds[0], bounds[1] = max(bounds[0], low), min(bounds[1], high)

    def total(self, parts: list, whole: Hashable) -> None:
        """Say that cells add up to another cell."""
        self.equations.append((parts, whole))

    def solved(self) -> dict[Hashable, tuple[int, int]]:
        """Least and greatest whole number of each cell, by integer programming.

        Raises
        ------
        ContradictionError
            If nothing fits.
        """
        names = list(self.cells)
        place = {name: k for k, name in enumerate(names)}
        sides = np.zeros((len(self.equations), len(names)))
        for row, (parts, whole) in enumerate(self.equations):
            sides[row, [place[part] for part in parts]] = 1
            sides[row, place[whole]] = -1
        low, high = np.array([self.cells[name] for name in names], float).reshape(-1, 2).T
        if (low > high).any():
            raise ContradictionError("a cell has no value left")
        found = {name: (int(a), int(b)) for name, a, b in zip(names, low, high, strict=True) if a == b}
        constraint = LinearConstraint(sides, 0, 0) if len(sides) else None
        for name in names:
            if name in found:
                continue
            goal, ends = np.zeros(len(names)), []
            goal[place[name]] = 1
            for sign in (1, -1):
                best = milp(
                    sign * goal,
                    constraints=constraint,
                    bounds=Bounds(low, high),
                    integrality=np.ones(len(names)),
                )
                if best.status == 2:
                    raise ContradictionError("the totals and their parts do not agree")
                ends.append(round(best.x[place[name]]) if best.status == 0 else 10**9)
            found[name] = ends[0], ends[1]
        return found


def most_spells(release: Release) -> int:
    """The most spells a person can have: a success and a week of non-employment lie between two of them."""
    return release.window // (release.method("success_weeks", 13) + 1) + 1


def persons_by_reason(release: Release, reasons: list[str | None]) -> list[tuple[float, float]]:
    """Bounds of the persons of withheld cells of one total, from their reasons.

    Where one protects another, the others are few; where all say few, they are fewer than twice the limit
    together.
    """
    limit, protected = release.limit, "protects_another_cell" in reasons
    few = (0, limit - 1 if protected else 2 * limit - 1)
    every = {"few_persons": few, "protects_another_cell": (limit, math.inf)}
    return [every.get(reason, (0, math.inf)) for reason in reasons]


def table_findings(release: Release) -> list[Finding]:
    """Spells by sex or ground and outcome, from both tables' margins and percents together.

    Returns
    -------
    list of Finding
        Tables "table_2_1" and "table_2_2", cells (row, outcome), in spells.
    """
    if not all(release.has(f"report.{table}", "spells") for table in _ROWS):
        return []
    sums = Sums()
    reasons = {
        (row["population_group"], row["outcome"]): row["withheld_reason"]
        for row in release.rows("report.outcome_shares")
    }
    for table, (key, names) in _ROWS.items():
        every = [*names, *([_UNNAMED] if table == "table_2_2" else [])]
        for name in [*every, "all"]:
            for outcome in [*_OUTCOMES, "total"]:
                sums.cell((table, name, outcome))
            sums.total([(table, name, outcome) for outcome in _OUTCOMES], (table, name, "total"))
        for outcome in [*_OUTCOMES, "total"]:
            sums.total([(table, name, outcome) for name in every], (table, "all", outcome))
        rows = {(row[key], row["outcome"]): row for row in release.rows(f"report.{table}")}
        for (name, outcome), row in rows.items():
            cell = (table, name, outcome)
            if row["spells"] is not None:
                sums.cell(cell, row["spells"], row["spells"])
                continue
            if reasons.get((name, outcome)) == "protects_another_cell":
                sums.cell(cell, release.limit)
            if row["percent"] is not None:
                total = rows.get((name, "total"), {}).get("spells")
                sums.cell(
                    cell, *_of_percent(release.interval(f"report.{table}", "percent", row["percent"]), total)
                )
    for outcome in [*_OUTCOMES, "total"]:
        sums.total([("table_2_1", "all", outcome)], ("table_2_2", "all", outcome))
    return [
        Finding(table, (name, outcome), low, high, "integer programming over both tables")
        for (table, name, outcome), (low, high) in sums.solved().items()
    ]


def _of_percent(percent, total):
    """Bounds of a count from its percentage: of the total, or the least numerator of the share."""
    low, high = max(percent[0], 0.0) / 100, percent[1] / 100
    if total:
        return math.ceil(low * total - 1e-6), math.floor(high * total + 1e-6)
    return simplest_fraction(low, high)[0], math.inf


def known_spells(release: Release) -> dict[str, int]:
    """Spells of municipalities, from whichever table gives them."""
    found = {}
    for table in _SPELLS_IN:
        if release.has(table, "spells", "municipality_code"):
            for row in release.rows(table):
                if row["spells"] is not None:
                    found[row["municipality_code"]] = int(row["spells"])
    return found


def _known_successes(release, spells):
    """Bounds of successes, from counts and percents."""
    found = {}
    for table in ("benchmark.observed_durations", "report.appendix_table_5_1"):
        for row in release.rows(table):
            code = row["municipality_code"]
            if row.get("successes") is not None:
                found[code] = int(row["successes"]), int(row["successes"])
            elif row.get("success_percent") is not None and code in spells:
                low, high = release.interval(table, "success_percent", row["success_percent"])
                scale = spells[code] / (100 if high > 1.5 else 1)
                found[code] = math.ceil(low * scale - 1e-6), math.floor(high * scale + 1e-6)
    return found


def municipality_findings(release: Release) -> list[Finding]:
    """Spells and successes of municipalities, which add up to the country's.

    Returns
    -------
    list of Finding
        Table "observed_durations", cells (municipality_code, "spells") and (municipality_code, "successes").
    """
    table = "benchmark.observed_durations"
    if not release.has(table, "spells", "successes"):
        return []
    national = {
        row["outcome"]: row["spells"] for row in release.rows("report.table_2_1") if row["sex"] == "all"
    }
    spells = known_spells(release)
    successes = _known_successes(release, spells)
    members = {row["municipality_code"] for row in release.rows("benchmark.benchmark_indicators")}
    sums = Sums()
    hidden = [row for row in release.rows(table) if row["municipality_code"] not in spells]
    persons = persons_by_reason(release, [row.get("spells_withheld_reason") for row in hidden])
    few = {row["municipality_code"]: ends for row, ends in zip(hidden, persons, strict=True)}
    for row in release.rows(table):
        code = row["municipality_code"]
        for what in ("spells", "successes"):
            sums.cell((code, what))
        if code in spells:
            sums.cell((code, "spells"), spells[code], spells[code])
        else:
            sums.cell((code, "spells"), few[code][0], few[code][1] * most_spells(release))
        reason = row.get("successes_withheld_reason")
        if code in successes:
            sums.cell((code, "successes"), *successes[code])
        elif reason == "protects_another_cell" or code in members:
            sums.cell((code, "successes"), release.limit)
        sums.cell((code, "others"), release.limit if reason == "protects_another_cell" else 0)
        sums.total([(code, "successes"), (code, "others")], (code, "spells"))
    codes = [row["municipality_code"] for row in release.rows(table)]
    for what, outcome in (("spells", "total"), ("successes", "success")):
        if national.get(outcome) is not None:
            sums.cell(("country", what), national[outcome], national[outcome])
            sums.total([(code, what) for code in codes], ("country", what))
    return [
        Finding("observed_durations", name, low, high, "the country less the others")
        for name, (low, high) in sums.solved().items()
        if name[0] != "country" and name[1] != "others"
    ]


def programme_findings(release: Release) -> list[Finding]:
    """Persons under the programme in a municipality-year, from the year's full-year persons and means.

    Returns
    -------
    list of Finding
        Table "programme_persons", cells (municipality_code, year), in persons; and "programme_full_years", in
        full-year persons to the nearest, where one hidden cell is left over.
    """
    table = "expenditure.programme_persons"
    if not release.has(table, "persons", "full_year_persons"):
        return []
    totals = {row["year"]: row["full_year_persons"] for row in release.rows("report.figure_4_1")}
    per_person = {
        (r["municipality_code"], r["year"]): r for r in release.rows("expenditure.expenditure_per_person")
    }
    means = {row["year"]: row for row in release.rows("report.table_4_3")}
    years, out = {}, []
    for row in release.rows(table):
        years.setdefault(row["year"], []).append(row)
    for year, rows in years.items():
        hidden = [row["municipality_code"] for row in rows if row["full_year_persons"] is None]
        reasons = [(per_person.get((code, year)) or {}).get("withheld_reason") for code in hidden]
        bounds = dict(zip(hidden, persons_by_reason(release, reasons), strict=True))
        _smallest_protects(bounds, reasons, [row["persons"] for row in rows if row["persons"] is not None])
        full = {
            code: _full_year(release, per_person.get((code, year)), means.get(year), rows, per_person)
            for code in hidden
        }
        _less_the_shown(release, totals.get(year), rows, full, bounds)
        for row in rows:
            code = row["municipality_code"]
            low, high = (row["persons"], row["persons"]) if code not in bounds else bounds[code]
            high = min(high, 10**9)
            how = "the year less the others"
            out.append(Finding("programme_persons", (code, year), int(low), int(high), how))
        for code, (low, high) in full.items():
            if high < math.inf:
                near = math.ceil(low - 0.5 - 1e-6), math.floor(high + 0.5 + 1e-6)
                out.append(
                    Finding(
                        "programme_full_years", (code, year), *near, "the year or its mean less the others"
                    )
                )
    return out


def _smallest_protects(bounds, reasons, shown):
    """The cell that protects others is the smallest that is not few: no greater than any that is shown."""
    for code, reason in zip(bounds, reasons, strict=True):
        if reason == "protects_another_cell" and shown:
            bounds[code] = bounds[code][0], min(bounds[code][1], max(min(shown), bounds[code][0]))


def _less_the_shown(release, total, rows, full, bounds):
    """Narrow the persons of hidden cells by what the year's full-year persons leave for them."""
    column, table = "full_year_persons", "expenditure.programme_persons"
    left = 0.0, math.inf
    if total is not None:
        left = release.interval("report.figure_4_1", column, total)
        for row in rows:
            if row[column] is not None:
                less = release.interval(table, column, row[column])
                left = left[0] - less[1], left[1] - less[0]
    for code in full:
        others = sum(min(bounds[c][1], full[c][1]) for c in full if c != code)
        least = max(full[code][0], left[0] - others)
        greatest = min(full[code][1], left[1])
        low, high = bounds[code]
        bounds[code] = max(low, math.ceil(least - 1e-6)), high
        if len(full) == 1:
            full[code] = max(least, 0), greatest


def _full_year(release, spent, mean, rows, per_person):
    """Bounds of full-year persons that a mean over municipalities tells of the only one that is not shown."""
    column = "expenditure_per_full_year_person_dkk"
    if not spent or not mean or mean.get("mean_dkk") is None or spent.get("expenditure_dkk") is None:
        return 0.0, math.inf
    if spent.get(column) is not None:
        low, high = release.interval("expenditure.expenditure_per_person", column, spent[column])
    else:
        shown = [
            per_person[row["municipality_code"], row["year"]][column]
            for row in rows
            if (per_person.get((row["municipality_code"], row["year"])) or {}).get(column) is not None
        ]
        if mean["municipalities"] != len(shown) + 1:
            return 0.0, math.inf
        low, high = release.interval("report.table_4_3", "mean_dkk", mean["mean_dkk"])
        slack = sum(abs(value) for value in shown) * 1e-12
        low, high = (
            end * mean["municipalities"] - sum(shown) + sign * slack for end, sign in ((low, -1), (high, 1))
        )
    if low <= 0:
        return 0.0, math.inf
    return spent["expenditure_dkk"] / high, spent["expenditure_dkk"] / low
