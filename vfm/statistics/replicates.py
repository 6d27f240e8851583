"""Replicates of the benchmark indicators: what one block of them computes.

32 replicates are solved at a time, which turns the score of the Cox model into two matrix products: X b, and
the sums of w exp(X b) X week by week, which add up to those over risk sets from the last week to the first.
BFGS steps from the full sample's coefficients and inverse information replace the Hessian. One pass over
blocks of rows gives a likelihood and its score, so that no array is as large as the rows times the replicates
but the weights, in one byte each. Covariates that are few enough are made numbers once for all passes of a
block of replicates.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from scipy import sparse

from vfm.statistics import batch
from vfm.statistics.covariates import Packed, rows_of
from vfm.statistics.kaplan_meier import expected_durations
from vfm.statistics.risk_sets import RiskSets, grouped

_DECREMENT = 1e-13  # squared distance to the maximum in standard errors at which a replicate is done
_ROWS = 2048  # at a time, of one sex
_KEPT = 32e6  # bytes that the covariates of one sex may take as numbers between the passes of a block
_NODE_DISTANCE = 0.008  # of the table of expected durations; h^4 / 384 x 156 x 2.5 weeks is below 1e-8


class Model:
    """The Cox model of one sex, for weights of several replicates at once: arrays (rows, replicates)."""

    def __init__(self, problem: dict, sex: int, size: int):
        def part(name):
            return problem[f"{sex}.{name}"]

        self.inverse, self.start, self.alive = part("inverse"), part("start"), part("alive")
        self.risk = risk = RiskSets(part("duration"), part("event"))  # sorted: the order is the identity
        columns = [part(f"X.{j}") for j in range(len(self.start))]
        self.X = Packed(columns, part("mean")) if columns else np.empty((risk.rows, 0))
        self.kept = None  # blocks of rows while a block of replicates is computed
        self.person = part("person")
        self.horizon, self.size = int(problem["horizon"]), size
        self.municipality = part("municipality")
        self.event_starts = np.flatnonzero(np.diff(risk.event_week, prepend=-1))
        self.event_weeks = risk.event_week[self.event_starts]
        self.event_index = np.full(risk.weeks, -1)  # of a week among those with an event
        self.event_index[self.event_weeks] = np.arange(len(self.event_weeks))
        self.event_blocks = list(grouped(self.event_index[risk.event_week]))  # whole weeks
        self.binary = []  # columns of two values: their number, the smaller value and the larger
        for j, column in enumerate(columns):
            values = np.unique(column[self.alive])
            if len(values) == 2:
                self.binary.append((j, *values.astype(float)))

    def blocks(self) -> Iterator[tuple[slice, np.ndarray]]:
        """Blocks of rows from the last to the first: a slice of rows, and its covariates."""
        if self.kept is not None:
            yield from self.kept
            return
        for start in range((self.risk.rows - 1) // _ROWS * _ROWS, -1, -_ROWS):
            rows = slice(start, min(start + _ROWS, self.risk.rows))
            yield rows, rows_of(self.X, rows)

    def weeks_within(self, rows: slice) -> Iterator[tuple[int, int, int, bool]]:
        """Weeks of a block from the last to the first: week, rows from and to, whether it starts there."""
        starts, week = self.risk.starts, self.risk.week
        last = rows.stop
        for k in range(week[rows.stop - 1], week[rows.start] - 1, -1):
            first = max(starts[k], rows.start)
            yield k, first - rows.start, last - rows.start, first == starts[k]
            last = first

    def events(self, W: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Sums of weights over the events of each week that has any, and of weight * X over all of them."""
        rows = self.risk.event_rows
        deaths = np.add.reduceat(W[rows], self.event_starts, axis=0, dtype=float)
        sums = np.zeros((self.X.shape[1], W.shape[1]))
        for a in range(0, len(rows), _ROWS):
            some = rows[a : a + _ROWS]
            sums += rows_of(self.X, some).T @ W[some].astype(float)
        return deaths, sums

    def without_hazard(self, W: np.ndarray, deaths: np.ndarray, events: np.ndarray) -> np.ndarray | None:
        """Rows whose hazard is 0 in a replicate, for a level that drew no event; None if there are none."""
        total, dead = deaths.sum(axis=0), None
        if not self.alive.all():
            dead = np.repeat(~self.alive[:, None], W.shape[1], axis=1)
        for j, low, high in self.binary:
            share = (events[j] + (self.X.mean[j] - low) * total) / (high - low)  # weight of those at `high`
            for none, value in ((share < 0.5, high), (share > total - 0.5, low)):
                if none.any():
                    dead = np.zeros(W.shape, bool) if dead is None else dead
                    dead[:, none] |= (self.X.columns[j] == value)[:, None]
        return dead

    def evaluate(
        self, b: np.ndarray, W: np.ndarray, deaths: np.ndarray, events: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Log-likelihood and gradient for coefficients b (p, replicates); `events` is X' (w event)."""
        S0, S1 = np.zeros(b.shape[1]), np.zeros(b.shape)
        value, gradient = np.einsum("pb,pb->b", b, events), events.copy()
        for rows, X in self.blocks():
            r = X @ b
            np.exp(r, out=r)
            r *= W[rows]
            for week, first, last, whole in self.weeks_within(rows):
                S0 += r[first:last].sum(axis=0)
                S1 += X[first:last].T @ r[first:last]
                k = self.event_index[week]
                if whole and k >= 0:
                    live = deaths[k] > 0
                    value -= deaths[k] * np.log(S0, out=np.zeros(S0.shape), where=live)
                    gradient -= np.divide(deaths[k], S0, out=np.zeros(S0.shape), where=live) * S1
        return value, gradient

    def maximise(
        self, W: np.ndarray, deaths: np.ndarray, events: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        """Coefficients (p, replicates) at the maxima, and whether each replicate converged."""
        count = W.shape[1]
        start = np.repeat(self.start[:, None], count, axis=1)
        if not len(start):
            return start, np.ones(count, bool)
        held = {"columns": count, "data": (W, deaths, events)}

        def evaluate(b, active):
            if len(active) < held["columns"]:
                data = (np.ascontiguousarray(W[:, active]), deaths[:, active], events[:, active])
                held.update(columns=len(active), data=data)
            return self.evaluate(b, *held["data"])

        b, _, left = batch.maximise(evaluate, start, self.inverse, decrement=_DECREMENT)
        return b, left < 1e-8

    def at_risk(self, b: np.ndarray, W: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Sums of relative hazards over the risk sets of the weeks with events, and the ends of X b."""
        S0, out = np.zeros(b.shape[1]), np.empty((len(self.event_weeks), b.shape[1]))
        low, high = np.full(b.shape[1], np.inf), np.full(b.shape[1], -np.inf)
        for rows, X in self.blocks():
            r = X @ b
            low, high = np.minimum(low, r.min(axis=0)), np.maximum(high, r.max(axis=0))
            np.exp(r, out=r)
            r *= W[rows]
            for week, first, last, whole in self.weeks_within(rows):
                S0 += r[first:last].sum(axis=0)
                if whole and self.event_index[week] >= 0:
                    out[self.event_index[week]] = S0
        return out, low, high

    def baseline(self, b: np.ndarray, W: np.ndarray, at_risk: np.ndarray) -> np.ndarray:
        """Cumulative product-limit hazard at weeks 0..horizon - 1, (horizon, replicates)."""
        weekly = np.zeros((self.horizon + 1, W.shape[1]))
        for at, starts in self.event_blocks:
            rows = self.risk.event_rows[at]
            weeks = self.event_index[self.risk.week[rows[starts]]]
            e = np.exp(rows_of(self.X, rows) @ b)
            q = product_limits(e, W[rows].astype(float), starts, at_risk[weeks])
            times = self.risk.times[self.event_weeks[weeks]].astype(int)
            inside = times <= self.horizon
            weekly[times[inside]] = q[inside]
        return np.cumsum(weekly, axis=0)[: self.horizon]

    def expected_sums(self, persons: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Sums of weight x expected duration (K, replicates) for person weights (persons, replicates)."""
        W = persons[self.person]
        self.kept = list(self.blocks()) if self.X.size * 8 <= _KEPT else None
        deaths, events = self.events(W)
        dead = self.without_hazard(W, deaths, events)
        live = W if dead is None else np.where(dead, W.dtype.type(0), W)
        b, converged = self.maximise(live, deaths, events)
        at_risk, low, high = self.at_risk(b, live)
        H = self.baseline(b, live, at_risk)
        expected = [duration_table(*ends) for ends in zip(H.T, low, high, strict=True)]
        out = np.zeros((self.size, W.shape[1]))
        for rows, X in self.blocks():
            member = np.flatnonzero(self.municipality[rows] >= 0)
            E = b.T @ X.T
            for function, row in zip(expected, E, strict=True):
                row[:] = function(row)
            if dead is not None:
                E[dead[rows].T] = self.horizon
            E *= W[rows].T
            at = self.municipality[rows][member], member
            out += sparse.csr_matrix((np.ones(len(member)), at), (self.size, len(X))) @ E.T
        self.kept = None
        return out, converged


def product_limits(e: np.ndarray, w: np.ndarray, starts: np.ndarray, at_risk: np.ndarray) -> np.ndarray:
    """`cox.product_limit` of several replicates: hazard contributions (weeks, replicates).

    Parameters
    ----------
    e, w : (events, replicates) float arrays
        Relative hazards and weights of the events, week by week.
    starts : (weeks,) int array
        First event of each week.
    at_risk : (weeks, replicates) float array
        Sums of relative hazards over risk sets.
    """

    def sums(values):
        return np.add.reduceat(values, starts, axis=0)

    index = np.repeat(np.arange(len(starts)), np.diff(np.append(starts, len(e))))
    we = w * e
    deaths, dying = sums(w), sums(we)
    all_die = (deaths > 0) & (dying >= at_risk * (1 - 1e-13))
    solve = (deaths > 0) & ~all_die
    q = np.divide(deaths, at_risk - dying / 2, out=np.ones_like(deaths), where=solve)
    for _ in range(100):
        u = -np.expm1(-q[index] * e)
        part = we / u
        value = sums(part) - at_risk
        part *= e * (1 - u) / u
        slope = -sums(part)
        step = np.divide(value, slope, out=np.zeros_like(q), where=solve)
        q -= step
        if np.max(np.abs(step) / q) < 1e-14:
            break
    q[deaths <= 0] = 0.0
    q[all_die] = np.inf
    return q


def duration_table(hazard: np.ndarray, low: float, high: float) -> Callable[[np.ndarray], np.ndarray]:
    """`expected_durations` by cubic interpolation, a function of linear predictors from `low` to `high`."""
    finite = hazard[np.isfinite(hazard)]
    largest = finite.max(initial=0.0)
    if largest <= 0:
        return lambda x: expected_durations(x, hazard)
    # below `least` the area falls short of its limit by less than 1e-10 week, above `most` it changes no more
    least, most = np.log(1e-12 / (largest * len(hazard))), np.log(800.0 / finite[finite > 0].min())
    low, high = np.clip((low, high), least, most)
    nodes = low + _NODE_DISTANCE * np.arange(int((high - low) / _NODE_DISTANCE) + 2)
    e = np.exp(nodes)
    curve = -e[:, None] * finite
    np.exp(curve, out=curve)
    value, slope = curve.sum(axis=1), -e * (curve @ finite) * _NODE_DISTANCE
    rise = np.diff(value)
    a = slope[:-1] - rise
    c = rise - slope[1:]

    def durations(x):
        t = (np.clip(x, low, high) - low) / _NODE_DISTANCE
        i = t.astype(np.int64)
        t -= i
        return value[i] + t * (rise[i] + (1 - t) * (a[i] * (1 - t) + c[i] * t))

    return durations


class Problem:
    """A prepared problem with everything that does not depend on the weights."""

    def __init__(self, arrays: dict):
        self.size = len(arrays["municipalities"])
        self.strata = arrays["stratum_size"]
        self.persons = int(self.strata.sum())
        self.horizon = int(arrays["horizon"])
        self.models = [Model(arrays, s, self.size) for s in range(int(arrays["sexes"]))]
        self.person, width = arrays["person"], self.horizon + 2
        self.cell = arrays["municipality"] * np.int32(width) + np.minimum(arrays["week"], self.horizon + 1)
        self.ended = list(grouped(self.cell))
        event = np.flatnonzero(arrays["event"])
        self.died = [(event[rows], starts) for rows, starts in grouped(self.cell[event])]

    def draw(self, seed: int, replicate: int) -> np.ndarray:
        """How often each person is drawn, (persons,) in as few bytes as they need."""
        rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(replicate,)))
        start, count = np.cumsum(self.strata) - self.strata, self.strata
        drawn = np.repeat(start, count) + (rng.random(self.persons) * np.repeat(count, count)).astype(
            np.int64
        )
        times = np.bincount(drawn, minlength=self.persons)
        return times.astype(np.min_scalar_type(times.max()))

    def cells(self, blocks: list, weights: np.ndarray) -> np.ndarray:
        """Sums of weights of spells by municipality and week, (K, weeks, replicates)."""
        out = np.zeros((self.size * (self.horizon + 2), weights.shape[1]))
        for rows, starts in blocks:
            drawn = weights[self.person[rows]]
            out[self.cell[rows[starts]]] += np.add.reduceat(drawn, starts, axis=0, dtype=float)
        return out.reshape(self.size, self.horizon + 2, -1)

    def indicators(self, weights: np.ndarray) -> np.ndarray:
        """(K, replicates) indicators for (persons, replicates) weights; nan where a fit did not converge."""
        expected = np.zeros((self.size, weights.shape[1]))
        fine = np.ones(weights.shape[1], bool)
        for model in self.models:
            part, converged = model.expected_sums(weights)
            expected += part
            fine &= converged
        ended, died = self.cells(self.ended, weights), self.cells(self.died, weights)
        at_risk = np.cumsum(ended[:, ::-1], axis=1)[:, ::-1]
        share = np.divide(died, at_risk, out=np.zeros_like(died), where=at_risk > 0)
        observed = np.cumprod(1 - share, axis=1)[:, : self.horizon].sum(axis=1)
        with np.errstate(invalid="ignore", divide="ignore"):
            out = expected / at_risk[:, 0] / observed
        out[:, ~fine] = np.nan
        return out


def block_indicators(problem: Problem, seed: int, first: int, last: int) -> np.ndarray:
    """Indicators of replicates first..last - 1, (replicates, K)."""
    weights = np.stack([problem.draw(seed, r) for r in range(first, last)], axis=1)
    return problem.indicators(weights).T
