"""From published curves to who found work and who left in each week.

A step of a Kaplan-Meier curve is d/n, and a step of a cumulative incidence is G d/n with G the share still
there: rounded to whatever the column is, they leave some (n, d). Numbers at risk only fall, and by at least
those who had an event; the number at the start and the totals stand in other tables. Intervals of n are
passed forwards and backwards along the curve until nothing changes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from vfm.privacy.attack.fractions import numerators
from vfm.privacy.attack.reading import ContradictionError, Finding, Release
from vfm.statistics.normal import Z_975

_ROUNDS = 30
_CAUSES = ("employment", "leaving")
Bounds = tuple[float, float]


@dataclass
class Steps:
    """What is published of a curve, by step from one week given to the next, k steps.

    Attributes
    ----------
    start, end : (k,) int arrays
        Weeks; a step of one week has end = start + 1.
    hazard : (k, 2) float array
        Bounds of the share of the curve that a step takes away, employment only.
    share : (k, 2, 2) float array
        By cause: bounds of the sum over a step's weeks of d/n, each times `there` before its week.
    there : (k + 1, 2) float array
        Bounds of the overall survival before each step, and after the last one.
    variance : (k, 2) float array
        Bounds of what a step adds to Greenwood's sum of d / (n (n - d)).
    """

    start: np.ndarray
    end: np.ndarray
    hazard: np.ndarray
    share: np.ndarray
    there: np.ndarray
    variance: np.ndarray


def _times(a, b):
    """Product of intervals of numbers of 0 or more."""
    return a[0] * b[0], a[1] * b[1]


def _over(a, b):
    """Quotient of intervals of numbers of 0 or more."""
    return a[0] / b[1] if b[1] > 0 else 0.0, a[1] / b[0] if b[0] > 0 else math.inf


def _minus(a, b):
    return a[0] - b[1], a[1] - b[0]


def _positive(a):
    return max(a[0], 0.0), max(a[1], 0.0)


def greenwood(survival: Bounds, low: Bounds, high: Bounds) -> Bounds:
    """Greenwood's sum at a week, from the survival and its band on the log(-log) scale, each as bounds."""
    inside = all(0 < each[0] <= each[1] < 1 for each in (survival, low, high))
    if not inside:
        return (0.0, 0.0) if survival[0] > 1 - 1e-9 else (0.0, math.inf)
    wide = _minus([math.log(-math.log(x)) for x in low[::-1]], [math.log(-math.log(x)) for x in high[::-1]])
    logs = math.log(survival[1]) ** 2, math.log(survival[0]) ** 2
    scaled = _positive((wide[0] / (2 * Z_975), wide[1] / (2 * Z_975)))
    return scaled[0] ** 2 * logs[0], scaled[1] ** 2 * logs[1]


def steps_of(
    survival: dict[int, Bounds],
    incidence: tuple[dict[int, Bounds], dict[int, Bounds]] | None = None,
    variance: dict[int, Bounds] | None = None,
) -> Steps:
    """Line up what is published of one curve.

    Parameters
    ----------
    survival : dict
        {week given: bounds}; week 0 is 1.
    incidence : pair of dict, optional
        Of employment and of leaving; where leaving lacks a week, the overall survival behind it may still
        follow.
    variance : dict, optional
        Greenwood's sum by week.
    """
    weeks = sorted(survival)
    k = len(weeks) - 1
    jobs, leaving = incidence or ({}, {})
    variance = variance or {}
    there = {week: (0.0, 1.0) for week in weeks}
    for week in weeks:
        if week in jobs and week in leaving:
            rest = _minus(_minus((1.0, 1.0), jobs[week]), leaving[week])
            there[week] = _meet(there[week], _positive(rest))
    hazard = np.array(
        [_positive(_minus((1.0, 1.0), _over(survival[b], survival[a]))) for a, b in _pairs(weeks)]
    )
    hazard = hazard.reshape(k, 2)
    for i, (a, b) in enumerate(_pairs(weeks)):
        if b == a + 1 and a in jobs and b in jobs and hazard[i, 0] > 0:
            there[a] = _meet(there[a], _over(_positive(_minus(jobs[b], jobs[a])), hazard[i]))
    share = np.zeros((k, 2, 2))
    share[:, :, 1] = np.inf
    added = np.zeros((k, 2))
    added[:, 1] = np.inf
    for i, (a, b) in enumerate(_pairs(weeks)):
        if a in jobs and b in jobs:
            share[i, 0] = _positive(_minus(jobs[b], jobs[a]))
            gone = _positive(_minus(_minus(there[a], there[b]), share[i, 0]))
            share[i, 1] = gone
        if a in leaving and b in leaving:
            share[i, 1] = _meet(share[i, 1], _positive(_minus(leaving[b], leaving[a])))
        if a in variance and b in variance:
            added[i] = _positive(_minus(variance[b], variance[a]))
    start, end = np.array(weeks[:-1]), np.array(weeks[1:])
    return Steps(start, end, hazard, share, np.array([there[week] for week in weeks]), added)


def _pairs(weeks):
    return list(zip(weeks[:-1], weeks[1:], strict=True))


def _meet(a, b):
    low, high = max(a[0], b[0]), min(a[1], b[1])
    if low > high + 1e-6 * max(1.0, abs(high)):
        raise ContradictionError(f"{tuple(a)} and {tuple(b)} have nothing in common")
    return min(low, high), max(low, high)


class Walk:
    """Bounds of the numbers at risk and of the events of every step.

    Parameters
    ----------
    steps : Steps
    spells : pair of int
        Bounds of the number at risk before the first step.
    totals : pair of pairs of float
        By cause: bounds of all events of the curve; (0, inf) if not known.
    after : bool
        Whether events may come after the last week given.
    """

    def __init__(self, steps: Steps, spells: tuple[int, int], totals: tuple, after: bool) -> None:
        self.steps, self.spells, self.totals, self.after = steps, spells, totals, after
        k = len(steps.start)
        self.n = np.zeros((k + 1, 2))
        self.n[:, 1] = spells[1]
        self.n[0, 0] = spells[0]
        self.events = np.zeros((k, 2, 2))
        self.events[:, :, 1] = spells[1]
        self.rest = np.zeros((2, 2))
        self.rest[:, 1] = spells[1] if after else 0
        self.left = [None] * k  # the numbers at risk that remain in a step of one week

    def run(self) -> Walk:
        """Pass bounds along the curve until nothing changes.

        Raises
        ------
        ContradictionError
            If no numbers fit.
        """
        for _ in range(_ROUNDS):
            before = self.n.copy(), self.events.copy()
            for i in [*range(len(self.steps.start)), *reversed(range(len(self.steps.start)))]:
                self._step(i)
            self._add_up()
            if np.array_equal(before[0], self.n) and np.array_equal(before[1], self.events):
                break
        return self

    def _narrow(self, array, place, low, high):
        """Raise the lower and lower the upper bound to the integers of [low, high]."""
        bounds = array[place]
        low = math.ceil(low - 1e-7) if low > -math.inf else low
        high = math.floor(high + 1e-7) if high < math.inf else high
        bounds[0], bounds[1] = max(bounds[0], low), min(bounds[1], high)
        if bounds[0] > bounds[1]:
            raise ContradictionError(f"no number is left at step {place}: {bounds}")

    def _step(self, i):
        if self.steps.end[i] == self.steps.start[i] + 1:
            self._one_week(i)
        else:
            self._several_weeks(i)
        events = self.events[i]
        self._narrow(self.n, i + 1, 0, self.n[i, 1] - events[:, 0].sum())
        self._narrow(self.n, i, self.n[i + 1, 0] + events[:, 0].sum(), math.inf)
        for j in (0, 1):
            self._narrow(self.events, (i, j), 0, self.n[i, 1] - self.n[i + 1, 0] - events[1 - j, 0])

    def _one_week(self, i):
        """Keep the numbers at risk for which both causes have a whole number of events."""
        steps, low, high = self.steps, *self.n[i]
        n = self.left[i]
        n = np.arange(max(low, 1), high + 1) if n is None else n[(n >= low) & (n <= high)]
        there = steps.there[i]
        jobs = _meet(steps.hazard[i], _over(steps.share[i, 0], there))
        parts = [numerators(n, *jobs), numerators(n, *_over(steps.share[i, 1], there))]
        keep = np.ones(len(n), bool)
        for j, (least, greatest) in enumerate(parts):
            np.maximum(least, self.events[i, j, 0], out=least)
            np.minimum(greatest, self.events[i, j, 1], out=greatest)
            keep &= least <= greatest
        keep &= parts[0][0] + parts[1][0] + self.n[i + 1, 0] <= n
        added = steps.variance[i]
        if np.isfinite(added[1]):
            with np.errstate(divide="ignore"):
                lowest = np.where(
                    n > parts[0][0], parts[0][0] / (n * np.maximum(n - parts[0][0], 1e-9)), np.inf
                )
                highest = np.where(
                    n > parts[0][1], parts[0][1] / (n * np.maximum(n - parts[0][1], 1e-9)), np.inf
                )
            keep &= (lowest <= added[1]) & (highest >= added[0])
        if not keep.any():
            if high < 1:
                return
            raise ContradictionError(f"no number at risk fits week {steps.end[i]}")
        self.left[i] = n[keep]
        self._narrow(self.n, i, n[keep].min() if low >= 1 else low, n[keep].max())
        for j, (least, greatest) in enumerate(parts):
            self._narrow(self.events, (i, j), least[keep].min() if low >= 1 else 0, greatest[keep].max())
        after = (n - parts[0][0] - parts[1][0])[keep].max()
        self._narrow(self.n, i + 1, 0, after)

    def _several_weeks(self, i):
        """A step's events lie between those of all at its first week and of all at its last."""
        steps, first, last = self.steps, self.n[i], self.n[i + 1]
        hazard = steps.hazard[i]
        least = hazard[0] * last[0] / (1 - hazard[0]) if hazard[0] < 1 else 0
        self._narrow(self.events, (i, 0), least - 1e-7, hazard[1] * first[1] + 1e-7)
        for j in (0, 1):
            share = steps.share[i, j]
            least, _ = _over(_times(share, last), steps.there[i + 1])
            _, greatest = _over(_times(share, first), steps.there[i])
            self._narrow(self.events, (i, j), least - 1e-7, greatest + 1e-7)

    def _add_up(self):
        """All events of a cause are its total."""
        for j, (low, high) in enumerate(self.totals):
            sums = self.events[:, j].sum(axis=0)
            self._narrow(self.rest, j, low - sums[1], high - sums[0])
            if self.after:
                self._narrow(self.rest, j, 0, self.n[-1, 1])
            for i in range(len(self.events)):
                least = low - (sums[1] - self.events[i, j, 1]) - self.rest[j, 1]
                greatest = high - (sums[0] - self.events[i, j, 0]) - self.rest[j, 0]
                self._narrow(self.events, (i, j), least, greatest)

    def by_week(self, cause: int, window: int) -> dict[int, tuple[int, int]]:
        """Bounds of the events of a cause in each week 1..window.

        In a step of several weeks each week may hold all of its events or none. That the rule ends a step
        as soon as both causes have enough persons leaves a width of limit - 1 in every week of it.
        """
        found = {}
        for i, (start, end) in enumerate(zip(self.steps.start, self.steps.end, strict=True)):
            low, high = (int(x) for x in self.events[i, cause])
            for week in range(start + 1, end + 1):
                found[week] = (low if end == start + 1 else 0, high)
        for week in range(int(self.steps.end[-1]) + 1, window + 1):
            found[week] = (0, int(self.rest[cause, 1]))
        return found


def _given(release, table, column, rows):
    """{week: bounds} of the weeks that a column gives, week 0 among them."""
    return {
        row["week"]: release.interval(table, column, row[column]) for row in rows if row[column] is not None
    }


def national_findings(release: Release) -> list[Finding]:
    """Who found work and who left in each week, by sex, from both national curves.

    Returns
    -------
    list of Finding
        Tables "survival_bands" (employment) and "cumulative_incidence" (leaving), cells (sex, cause, week),
        in spells.
    """
    bands, incidence = "benchmark.survival_bands", "benchmark.cumulative_incidence"
    if not release.has(bands, "survival") or not release.has(incidence, "incidence"):
        return []
    counts = {
        (row["sex"], row["outcome"]): row["spells"]
        for row in release.rows("report.table_2_1")
        if row["spells"] is not None
    }
    out = []
    for sex in sorted({row["sex"] for row in release.rows(bands)}):
        rows = [row for row in release.rows(bands) if row["sex"] == sex]
        survival = _given(release, bands, "survival", rows)
        if len(survival) < 2:
            continue
        edges = {name: _given(release, bands, name, rows) for name in ("ci_low", "ci_high")}
        variance = {
            week: greenwood(survival[week], edges["ci_low"][week], edges["ci_high"][week])
            for week in survival
            if week in edges["ci_low"] and week in edges["ci_high"]
        }
        given = [
            _given(
                release,
                incidence,
                "incidence",
                [r for r in release.rows(incidence) if r["sex"] == sex and r["cause"] == cause],
            )
            for cause in _CAUSES
        ]
        whole = counts.get((sex, "total")) or counts.get(("all", "total")) or 10**5
        least = counts.get((sex, "total"), 1)
        totals = [_known_total(counts, sex, outcome) for outcome in ("success", "left")]
        after = max(survival) < release.window
        walked = _walked(survival, given, variance, (least, whole), totals, after)
        for j, (cause, table) in enumerate(
            zip(_CAUSES, ("survival_bands", "cumulative_incidence"), strict=True)
        ):
            for week, (low, high) in walked.by_week(j, release.window).items():
                out.append(Finding(table, (sex, cause, week), low, high, "hazards and increments"))
    return out


def _known_total(counts, sex, outcome):
    known = counts.get((sex, outcome))
    return (known, known) if known is not None else (0, counts.get(("all", outcome), math.inf))


def _walked(survival, given, variance, spells, totals, after):
    """Walk with the band if it fits, else without."""
    try:
        return Walk(steps_of(survival, given, variance), spells, totals, after).run()
    except ContradictionError:
        return Walk(steps_of(survival, given), spells, totals, after).run()


def municipal_findings(release: Release) -> list[Finding]:
    """Successes of each week in a municipality, from its observed curve and its published counts.

    Returns
    -------
    list of Finding
        Table "municipal_curves", cells (municipality_code, week), in spells.
    """
    table, out = "benchmark.municipal_curves", []
    if not release.has(table, "observed_survival"):
        return out
    counts = {row["municipality_code"]: row for row in release.rows("benchmark.observed_durations")}
    curves = {}
    for row in release.rows(table):
        curves.setdefault(row["municipality_code"], []).append(row)
    for code, rows in curves.items():
        known = counts.get(code)
        survival = _given(release, table, "observed_survival", rows)
        if len(survival) < 2 or not known or known["spells"] is None:
            continue
        spells, successes = known["spells"], known["successes"]
        total = (0, spells) if successes is None else (successes, successes)
        walk = Walk(
            steps_of(survival), (spells, spells), (total, (0, math.inf)), max(survival) < release.window
        ).run()
        for week, (low, high) in walk.by_week(0, release.window).items():
            out.append(Finding("municipal_curves", (code, week), low, high, "steps of the observed curve"))
    return out
