"""Rows sorted by duration and cut into weeks, so that a risk set is a suffix."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from vfm.statistics import covariates
from vfm.statistics.covariates import Packed, blocks_of


def grouped(group: np.ndarray, size: int | None = None) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Rows group by group, in blocks that hold whole groups.

    Parameters
    ----------
    group : (n,) int array
        Group of each row, from 0 on.
    size : int, optional
        Rows of a block, about; default `covariates.BLOCK`.

    Yields
    ------
    rows : int array
        Those of the block, rising within a group.
    starts : int array
        Where in `rows` each of its groups starts.
    """
    size = size or covariates.BLOCK
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    first = np.unique(np.searchsorted(starts, np.arange(0, len(order), size)))  # group that opens each block
    first = np.append(first[first < len(starts)], len(starts))
    bounds = np.append(starts, len(order))
    for a, b in zip(first, first[1:], strict=False):
        yield order[bounds[a] : bounds[b]], starts[a:b] - bounds[a]


class RiskSets:
    """Rows sorted by duration, cut into weeks.

    Parameters
    ----------
    duration : (n,) float array
        Whole weeks, at least 1.
    event : (n,) bool array
        Whether the duration ended with the event.

    Attributes
    ----------
    order : (n,) int array
        Sorted position -> original row. All other attributes are in sorted order.
    times : (weeks,) float array
        The distinct durations, rising.
    week : (n,) int array
        Index of each row's duration in `times`.
    starts : (weeks,) int array
        First sorted row of each week; its risk set is every row from there on.
    """

    def __init__(self, duration: np.ndarray, event: np.ndarray):
        short = duration.max(initial=0) < 2**16  # few bits are sorted ten times as fast
        self.order = np.argsort(duration.astype(np.uint16) if short else duration, kind="stable")
        duration = duration[self.order]
        new = np.append(True, duration[1:] > duration[:-1])
        self.starts = np.flatnonzero(new)
        self.times = duration[self.starts]
        self.week = np.cumsum(new) - 1
        self.event = np.asarray(event, bool)[self.order]
        self.event_rows = np.flatnonzero(self.event)
        self.event_week = self.week[self.event_rows]
        self.rows = len(duration)
        self.weeks = len(self.times)

    def week_sums(self, values: np.ndarray) -> np.ndarray:
        """Sum of `values` (rows, ...) within each week."""
        return np.add.reduceat(values, self.starts, axis=0)

    def at_risk(self, values: np.ndarray) -> np.ndarray:
        """Sum of `values` (rows, ...) over each week's risk set."""
        return self.from_week_on(self.week_sums(values))

    @staticmethod
    def from_week_on(weekly: np.ndarray) -> np.ndarray:
        """Reverse cumulative sum over weeks (first axis)."""
        return np.cumsum(weekly[::-1], axis=0)[::-1]

    def weighted_sums(self, weight: np.ndarray, X: np.ndarray | Packed) -> np.ndarray:
        """Sum of weight * X (rows, columns) within each week, one matrix-vector product a week and block."""
        weight = weight.astype(X.dtype)
        out = np.zeros((self.weeks, X.shape[1]))
        for rows, block in blocks_of(X):
            first, last = self.week[rows.start], self.week[rows.stop - 1]
            ends = [rows.start, *self.starts[first + 1 : last + 1].tolist(), rows.stop]
            for week, (a, b) in enumerate(zip(ends, ends[1:], strict=False), first):
                out[week] += block.T[:, a - rows.start : b - rows.start] @ weight[a:b]
        return out
