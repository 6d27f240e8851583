"""From a mean duration and its variance to the weeks in which persons found work.

The mean is the area under the observed curve, so it is linear in the weeks of success once the numbers at
risk are fixed; Greenwood's variance is a second equation. Weeks and numbers at risk of the last two
successes are laid in a table, those of the others are gone through and met with it in the middle. Successes
of one week are single ones whose numbers at risk follow each other: curve, area and variance are the same.
"""

from __future__ import annotations

import itertools
import math

import numpy as np

from vfm.privacy.attack.reading import Finding, Release

_TAIL = 2
_MOST_QUERIES = 1.5e7  # combinations that are gone through for one municipality, some seconds
_ALL_QUERIES = 4e7  # and for all of them, those of the fewest first
_MOST_MATCHES = 2e6  # beyond this nothing is learned anyway
_SAME_AREA = 1e-9  # weeks; areas of few persons are fractions that lie farther apart


def _sorted_weeks(length, window):
    """All weeks t1 <= ... <= t_length of 1..window, (length, many)."""
    if length == 0:
        return np.zeros((0, 1), int)
    if length == 1:
        return np.arange(1, window + 1)[None, :]
    shorter = _sorted_weeks(length - 1, window)
    repeats = window - shorter[-1] + 1
    out = np.repeat(shorter, repeats, axis=1)
    first = np.repeat(np.cumsum(repeats) - repeats, repeats)
    return np.vstack([out, out[-1] + np.arange(out.shape[1]) - first])


def _adds(n):
    """What a success among n adds to Greenwood's sum; after the last one no area follows."""
    return 1 / (n * (n - 1)) if n > 1 else 0.0


def _ties(weeks, at_risk):
    """Whether successes of one week have numbers at risk that follow each other."""
    fits = np.ones(weeks.shape[1], bool)
    for i in range(len(weeks) - 1):
        if at_risk[i] - at_risk[i + 1] != 1:
            fits &= weeks[i] != weeks[i + 1]
    return fits


class _Tails:
    """The last successes: area seen from week 0 if nobody left before, and what they add to the variance."""

    def __init__(self, length, most, window):
        weeks, parts = _sorted_weeks(length, window), []
        for at_risk in itertools.combinations(range(most, 0, -1), length):
            kept = weeks[:, _ties(weeks, at_risk)]
            area, variance = np.zeros(kept.shape[1]), np.zeros(kept.shape[1])
            end = np.full(kept.shape[1], window)
            for t, n in zip(kept[::-1], at_risk[::-1], strict=True):
                left = 1 - 1 / n
                area = left * (end - t + area)
                variance = left**2 * variance + area**2 * _adds(n)
                end = t
            x = area + (kept[0] if length else window)
            head = np.full((length, len(x)), 0) + np.array(at_risk).reshape(-1, 1)
            parts.append(np.vstack([x, variance, kept, head]))
        table = np.hstack(parts)
        table = table[:, np.argsort(table[0], kind="stable")]
        # areas that differ by rounding alone are one; within them tails are in the order of their variance
        self.group = np.cumsum(np.diff(table[0], prepend=table[0][:1]) > _SAME_AREA)
        order = np.lexsort((table[1], self.group))
        self.table = table[:, order]
        self.areas = self.table[0][np.flatnonzero(np.diff(self.group, prepend=-1))]
        self.scale = 2 * (self.table[1].max() + 1)
        self.keys = self.group + self.table[1] / self.scale
        self.length = length

    def _ranges(self, x, slack, variance):
        """First and last tail that may agree with each head."""
        if slack > _SAME_AREA:
            low = np.searchsorted(self.areas, x - slack)
            high = np.searchsorted(self.areas, x + slack, side="right")
            return np.searchsorted(self.group, low), np.searchsorted(self.group, high)
        place = np.minimum(np.searchsorted(self.areas, x - 2 * _SAME_AREA), len(self.areas) - 1)
        there = np.abs(self.areas[place] - x) <= 2 * _SAME_AREA
        spread = 1e-10
        low, high = (np.clip(each / self.scale, -0.4, 0.9) for each in variance)
        first = np.searchsorted(self.keys, place + low - spread)
        last = np.searchsorted(self.keys, place + high + spread, side="right")
        first = np.maximum(first, np.searchsorted(self.group, place))
        return first, np.where(there, np.maximum(last, first), first)

    def meeting(
        self, x: np.ndarray, slack: float, variance: tuple, end: np.ndarray, last: int
    ) -> tuple[np.ndarray, np.ndarray] | None:
        """Pairs (head, tail) that agree: indices of both; None if there are too many."""
        low, high = self._ranges(x, slack, variance)
        some = np.flatnonzero(high > low)
        counts = (high - low)[some]
        if counts.sum() > _MOST_MATCHES:
            return None
        heads = np.repeat(some, counts)
        within = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
        tails = low[heads] + within
        found = self.table[:, tails]
        wide = 1e-11 * (1 + found[1])
        fits = (found[1] >= variance[0][heads] - wide) & (found[1] <= variance[1][heads] + wide)
        fits &= np.abs(found[0] - x[heads]) <= slack + _SAME_AREA
        if self.length:
            week, n = found[2], found[2 + self.length]
            fits &= (week >= end[heads]) & (n < last) & ((week != end[heads]) | (n == last - 1))
        return heads[fits], tails[fits]


def queries(spells: int, successes: int, window: int) -> float:
    """How many combinations `success_weeks` goes through: heads, and tails to sort."""
    length = min(_TAIL, successes)
    front = successes - length
    heads = math.comb(spells - length, front) * math.comb(window + front - 1, front)
    return heads + 3 * math.comb(spells - front, length) * math.comb(window + length - 1, length)


def success_weeks(
    mean: tuple[float, float],
    variance: tuple[float, float],
    spells: int,
    successes: int,
    window: int,
    most_queries: float = _MOST_QUERIES,
) -> np.ndarray | None:
    """All weeks of success that agree with a mean duration and its variance.

    Parameters
    ----------
    mean, variance : pair of float
        Bounds.
    spells, successes : int
    window : int
        Weeks; the mean is the area up to it.
    most_queries : float
        Give up beyond this many combinations.

    Returns
    -------
    (k, successes) int array or None
        One row per way; None if there are too many combinations to try, or too many agree.
    """
    if successes < 1 or queries(spells, successes, window) > most_queries:
        return None
    length = min(_TAIL, successes)
    front = successes - length
    if (mean[1] - mean[0]) / window * math.comb(window + successes - 1, successes) > _MOST_MATCHES:
        return None  # a rounded mean leaves this many weeks for each way that the numbers at risk can go
    tails = _Tails(length, spells - front, window)
    weeks, ways, matches = _sorted_weeks(front, window), [], 0
    middle, wide = sum(mean) / 2, (mean[1] - mean[0]) / 2
    for at_risk in itertools.combinations(range(spells, length, -1), front):
        kept = weeks[:, _ties(weeks, at_risk)]
        spent, left, before = np.zeros(kept.shape[1]), 1.0, np.zeros(kept.shape[1])
        least, most = np.zeros(kept.shape[1]), np.zeros(kept.shape[1])
        for t, n in zip(kept, at_risk, strict=True):
            spent, before = spent + left * (t - before), t
            left *= 1 - 1 / n
            least += np.maximum(middle - wide - spent, 0) ** 2 * _adds(n)
            most += np.maximum(middle + wide - spent, 0) ** 2 * _adds(n)
        x = (middle - spent) / left + before
        bounds = (variance[0] - most) / left**2, (variance[1] - least) / left**2
        open_ = np.flatnonzero((x >= before - wide / left) & (x <= window + wide / left) & (bounds[1] >= 0))
        last = at_risk[-1] if front else spells + 1
        bounds = bounds[0][open_], bounds[1][open_]
        met = tails.meeting(x[open_], wide / left + 1e-11, bounds, before[open_], last)
        if met is None or (matches := matches + len(met[0])) > _MOST_MATCHES:
            return None
        ways.append(np.vstack([kept[:, open_[met[0]]], tails.table[2 : 2 + length, met[1]]]).T.astype(int))
    return np.unique(np.vstack(ways), axis=0)


def duration_findings(
    release: Release, most_queries: float = _MOST_QUERIES, all_queries: float = _ALL_QUERIES
) -> list[Finding]:
    """Successes by week of municipalities whose spells, successes, mean and error are published.

    Parameters
    ----------
    release : Release
    most_queries, all_queries : float
        What is tried for one municipality, and for all.

    Returns
    -------
    list of Finding
        Table "observed_durations", cells (municipality_code, week), in spells.
    """
    table, column, error = "benchmark.observed_durations", "observed_mean_duration_weeks", "standard_error"
    if not release.has(table, column, "spells", "successes", error):
        return []
    window, out = release.window, []
    rows = [row for row in release.rows(table) if row[column] is not None and row["spells"] is not None]
    costs = {row["municipality_code"]: queries(row["spells"], row["successes"] or 0, window) for row in rows}
    for row in sorted(rows, key=lambda row: costs[row["municipality_code"]]):
        code, spells, successes = row["municipality_code"], row["spells"], row["successes"]
        low, high = _mean_bounds(release, row)
        counts = {week: (0, most_of_week(spells, successes, low, week, window)) for week in range(1, window)}
        how, cost = "the mean bounds what an early week can hold", costs[code]
        if successes and row[error] is not None and cost <= min(most_queries, all_queries):
            all_queries -= cost
            errors = release.interval(table, error, row[error])
            squares = max(errors[0], 0) ** 2, errors[1] ** 2
            ways = success_weeks((low, high), squares, spells, successes, window, most_queries)
            if ways is not None and len(ways):
                how = f"mean and variance, met in the middle: {len(ways)} ways"
                for week in counts:
                    seen = (ways == week).sum(axis=1)
                    counts[week] = int(seen.min()), int(seen.max())
        for week, (least, most) in counts.items():
            out.append(Finding("observed_durations", (code, week), least, most, how))
    return out


def _mean_bounds(release, row):
    """Bounds of a municipality's mean duration, from every table that gives it."""
    column, code = "observed_mean_duration_weeks", row["municipality_code"]
    low, high = release.interval("benchmark.observed_durations", column, row[column])
    for table in ("benchmark.benchmark_indicators", "report.appendix_table_5_1"):
        for other in release.rows(table):
            if other["municipality_code"] == code and other.get(column) is not None:
                again = release.interval(table, column, other[column])
                low, high = max(low, again[0]), min(high, again[1])
    return low, high


def most_of_week(spells: int, successes: int | None, mean: float, week: int, window: int) -> int:
    """The most successes of one week that a mean of at least `mean` allows.

    A success takes at least a spell's share of the area after it, so many early ones make a short mean.
    """
    known = spells if successes is None else successes
    return min(known, math.floor(spells * (window - mean) / (window - week) + 1e-9))
