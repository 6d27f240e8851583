"""Cluster bootstrap of the benchmark indicators: persons resampled, everything estimated again.

A replicate draws, in each municipality, as many persons as live there in the data (a person belongs to the
municipality of her first spell) and takes all spells of each draw along; both Cox models, both product-limit
baselines, the expected durations and the Kaplan-Meier areas are then computed with these weights. It confirms
the infinitesimal jackknife of `indicator` and gives what that cannot: the probability of each quintile
and the intervals of the ranks.

Speed comes from solving 32 replicates at a time, which turns the score of the Cox model into two matrix
products: X b, and the sums of w exp(X b) X week by week, which add up to those over risk sets from the last
week to the first. BFGS steps from the full sample's coefficients and inverse information replace the Hessian.
One pass over blocks of rows gives a likelihood and its score, so that no array is as large as the rows times
the replicates but the weights, in one byte each.

The work is done in processes of their own (``python -m`` this module) that receive arrays on standard input
and answer on standard output: nothing is forked from a process with threads or an open database, no
person-level file is written. Every replicate has a seed of its own and belongs to a fixed block, so the
numbers do not depend on how many processes there are.

Notes
-----
Efron & Tibshirani (1993), chapter 13, for percentile intervals; Cameron, Gelbach & Miller (2008) for
resampling clusters; Nocedal & Wright (2006), chapter 6, for BFGS.
"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import sparse

from vfm.statistics import batch, cox
from vfm.statistics.indicator import expected_durations

BLOCK = 32  # replicates side by side; part of what fixes the last digits, like the seed
_DECREMENT = 1e-13  # squared distance to the maximum in standard errors at which a replicate is done
_ROWS = 2048  # at a time, of one sex
_WORKERS_MEMORY = 2e9  # bytes that all workers may hold, about; one holds twice what it is given
_NODE_DISTANCE = 0.008  # of the table of expected durations; h^4 / 384 x 156 x 2.5 weeks is below 1e-8


def prepare(spells, window_weeks=156, estimates=None):
    """Arrays that a replicate needs, from the Cox input.

    Parameters
    ----------
    spells : DataFrame
        intermediate.int_cox_input (see `cox.by_sex`).
    window_weeks : int
        Horizon of the areas, in weeks.
    estimates : dict of str to cox.Estimate, optional
        The Cox model of each sex, fitted to these spells; fitted here where they are not given.

    Returns
    -------
    dict of str to array
        Person-level; `municipalities` holds the K codes that are profiled.

    Raises
    ------
    ValueError
        No benchmarked municipality, or a Cox input that cannot be fitted.
    """
    spells = cox.in_order(spells)
    terms = cox.terms_of(spells)
    profiled = spells["is_benchmarked"].to_numpy(bool)
    code, found = pd.factorize(spells["municipality_code"].to_numpy(object), sort=True)
    within = np.bincount(code[profiled], minlength=len(found)) > 0
    codes, municipality = found[within].astype(str), np.where(within, np.cumsum(within) - 1, -1)[code]
    if not len(codes):
        raise ValueError(
            "no municipality has enough spells for the benchmark (is_benchmarked is false throughout)"
        )
    weeks, succeeded = spells["duration_weeks"].to_numpy(), spells["is_success"].to_numpy(bool)
    person, _ = pd.factorize(spells["person_id"].to_numpy())
    first = np.unique(person, return_index=True)[1]
    stratum = code[first]
    order = np.argsort(stratum, kind="stable")  # persons, stratum after stratum
    place = np.empty(len(order), np.int32)
    place[order] = np.arange(len(order))
    person = place[person]
    size = np.bincount(stratum)
    problem = {
        "municipalities": codes.astype("U"),
        "horizon": np.array(int(window_weeks)),
        "stratum_size": size[size > 0],
        "person": person[profiled],
        "municipality": municipality[profiled].astype(np.int32),
        "week": weeks.astype(np.int32)[profiled],
        "event": succeeded[profiled],
    }
    if estimates is None:
        estimates = {sex: result for sex, _, result in cox.by_sex(spells)}
    for s, (sex, estimate) in enumerate(sorted(estimates.items())):
        rows = np.flatnonzero(spells["sex"] == sex)
        risk = cox.RiskSets(weeks[rows].astype(float), succeeded[rows])
        at, use = rows[risk.order], estimate.estimated
        columns = [cox.packed_column(spells[term].to_numpy()[at]) for term in np.array(terms)[use]]
        problem |= {f"{s}.X.{j}": column for j, column in enumerate(columns)}
        alive = np.ones(len(at), bool)
        for term, value in estimate.infinite_at.items():
            alive &= spells[term].to_numpy()[at] == value
        problem |= {
            f"{s}.mean": estimate.means,
            f"{s}.inverse": estimate.covariance[np.ix_(use, use)],
            f"{s}.start": estimate.coefficients[use],
            f"{s}.duration": risk.times[risk.week],
            f"{s}.event": risk.event,
            f"{s}.alive": alive,
            f"{s}.person": person[at],
            f"{s}.municipality": np.where(profiled[at], municipality[at], -1).astype(np.int32),
        }
    problem["sexes"] = np.array(len(estimates))
    return problem


class _Model:
    """The Cox model of one sex, for weights of several replicates at once: arrays (rows, replicates)."""

    def __init__(self, problem, sex, size):
        def part(name):
            return problem[f"{sex}.{name}"]

        self.inverse, self.start, self.alive = part("inverse"), part("start"), part("alive")
        self.risk = risk = cox.RiskSets(part("duration"), part("event"))  # sorted: the order is the identity
        columns = [part(f"X.{j}") for j in range(len(self.start))]
        self.X = cox.Packed(columns, part("mean")) if columns else np.empty((risk.rows, 0))
        self.person = part("person")
        self.horizon, self.size = int(problem["horizon"]), size
        self.municipality = part("municipality")
        self.event_starts = np.flatnonzero(np.diff(risk.event_week, prepend=-1))
        self.event_weeks = risk.event_week[self.event_starts]
        self.event_index = np.full(risk.weeks, -1)  # of a week among those with an event
        self.event_index[self.event_weeks] = np.arange(len(self.event_weeks))
        self.event_blocks = list(cox.grouped(self.event_index[risk.event_week]))  # whole weeks
        self.binary = []  # columns of two values: their number, the smaller value and the larger
        for j, column in enumerate(columns):
            values = np.unique(column[self.alive])
            if len(values) == 2:
                self.binary.append((j, *values.astype(float)))

    def blocks(self):
        """Blocks of rows from the last to the first: a slice of rows, and its covariates."""
        for start in range((self.risk.rows - 1) // _ROWS * _ROWS, -1, -_ROWS):
            rows = slice(start, min(start + _ROWS, self.risk.rows))
            yield rows, cox.rows_of(self.X, rows)

    def weeks_within(self, rows):
        """Weeks of a block from the last to the first: week, rows from and to, whether it starts there."""
        starts, week = self.risk.starts, self.risk.week
        last = rows.stop
        for k in range(week[rows.stop - 1], week[rows.start] - 1, -1):
            first = max(starts[k], rows.start)
            yield k, first - rows.start, last - rows.start, first == starts[k]
            last = first

    def events(self, W):
        """Sums of weights over the events of each week that has any, and of weight * X over all of them."""
        rows = self.risk.event_rows
        deaths = np.add.reduceat(W[rows], self.event_starts, axis=0, dtype=float)
        sums = np.zeros((self.X.shape[1], W.shape[1]))
        for a in range(0, len(rows), _ROWS):
            some = rows[a : a + _ROWS]
            sums += cox.rows_of(self.X, some).T @ W[some].astype(float)
        return deaths, sums

    def without_hazard(self, W, deaths, events):
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

    def evaluate(self, b, W, deaths, events):
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
                    value -= deaths[k] * np.log(S0, out=np.zeros_like(S0), where=live)
                    gradient -= np.divide(deaths[k], S0, out=np.zeros_like(S0), where=live) * S1
        return value, gradient

    def maximise(self, W, deaths, events):
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

    def at_risk(self, b, W):
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

    def baseline(self, b, W, at_risk):
        """Cumulative product-limit hazard at weeks 0..horizon - 1, (horizon, replicates)."""
        weekly = np.zeros((self.horizon + 1, W.shape[1]))
        for at, starts in self.event_blocks:
            rows = self.risk.event_rows[at]
            weeks = self.event_index[self.risk.week[rows[starts]]]
            e = np.exp(cox.rows_of(self.X, rows) @ b)
            q = _product_limit(e, W[rows].astype(float), starts, at_risk[weeks])
            times = self.risk.times[self.event_weeks[weeks]].astype(int)
            inside = times <= self.horizon
            weekly[times[inside]] = q[inside]
        return np.cumsum(weekly, axis=0)[: self.horizon]

    def expected_sums(self, persons):
        """Sums of weight x expected duration (K, replicates) for person weights (persons, replicates)."""
        W = persons[self.person]
        deaths, events = self.events(W)
        dead = self.without_hazard(W, deaths, events)
        live = W if dead is None else np.where(dead, W.dtype.type(0), W)
        b, converged = self.maximise(live, deaths, events)
        at_risk, low, high = self.at_risk(b, live)
        H = self.baseline(b, live, at_risk)
        expected = [_duration_table(*ends) for ends in zip(H.T, low, high, strict=True)]
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
        return out, converged


def _product_limit(e, w, starts, at_risk):
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


def _duration_table(hazard, low, high):
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
    curve = np.exp(-e[:, None] * finite)
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


class _Problem:
    """A prepared problem with everything that does not depend on the weights."""

    def __init__(self, arrays):
        self.size = len(arrays["municipalities"])
        self.strata = arrays["stratum_size"]
        self.persons = int(self.strata.sum())
        self.horizon = int(arrays["horizon"])
        self.models = [_Model(arrays, s, self.size) for s in range(int(arrays["sexes"]))]
        self.person, width = arrays["person"], self.horizon + 2
        self.cell = arrays["municipality"] * np.int32(width) + np.minimum(arrays["week"], self.horizon + 1)
        self.ended = list(cox.grouped(self.cell))
        event = np.flatnonzero(arrays["event"])
        self.died = [(event[rows], starts) for rows, starts in cox.grouped(self.cell[event])]

    def draw(self, seed, replicate):
        """How often each person is drawn, (persons,) in as few bytes as they need."""
        rng = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(replicate,)))
        start, count = np.cumsum(self.strata) - self.strata, self.strata
        drawn = np.repeat(start, count) + (rng.random(self.persons) * np.repeat(count, count)).astype(
            np.int64
        )
        times = np.bincount(drawn, minlength=self.persons)
        return times.astype(np.min_scalar_type(times.max()))

    def cells(self, blocks, weights):
        """Sums of weights of spells by municipality and week, (K, weeks, replicates)."""
        out = np.zeros((self.size * (self.horizon + 2), weights.shape[1]))
        for rows, starts in blocks:
            drawn = weights[self.person[rows]]
            out[self.cell[rows[starts]]] += np.add.reduceat(drawn, starts, axis=0, dtype=float)
        return out.reshape(self.size, self.horizon + 2, -1)

    def indicators(self, weights):
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


def block_indicators(problem, seed, first, last):
    """Indicators of replicates first..last - 1, (replicates, K)."""
    weights = np.stack([problem.draw(seed, r) for r in range(first, last)], axis=1)
    return problem.indicators(weights).T


def _blocks(replicates):
    return [(a, min(a + BLOCK, replicates)) for a in range(0, replicates, BLOCK)]


class _Pipe:
    """`read` or `write` of a stream, no more: numpy asks real files for a position, which a pipe lacks."""

    def __init__(self, *, read=None, write=None):
        self.read, self.write = read, write


def _write(stream, arrays):
    pipe = _Pipe(write=stream.write)
    np.lib.format.write_array(pipe, np.array(list(arrays)), allow_pickle=False)
    for value in arrays.values():
        np.lib.format.write_array(pipe, np.asarray(value), allow_pickle=False)
    stream.flush()


def _read(stream):
    pipe = _Pipe(read=stream.read)
    names = np.lib.format.read_array(pipe, allow_pickle=False)
    return {str(name): np.lib.format.read_array(pipe, allow_pickle=False) for name in names}


def _work():
    """Body of a worker process: a problem on standard input, one answer for each block on standard output."""
    arrays = _read(sys.stdin.buffer)
    threading.Thread(target=_end_with_input, daemon=True).start()
    problem = _Problem(arrays)
    for block, first, last in arrays["blocks"]:
        answer = block_indicators(problem, int(arrays["seed"]), int(first), int(last))
        _write(sys.stdout.buffer, {"block": np.array(block), "indicators": answer})


def _end_with_input():
    """End once standard input is closed, as when who asked was killed: nobody waits for the answers."""
    os.read(sys.stdin.fileno(), 1)
    os._exit(1)


class _Worker(threading.Thread):
    """One worker process and the thread that talks to it."""

    def __init__(self, arrays, blocks, deliver):
        super().__init__(daemon=True)
        self.arrays = arrays | {
            "blocks": np.array([(i, a, b) for i, (a, b) in blocks], np.int64).reshape(-1, 3)
        }
        self.expected, self.deliver = len(blocks), deliver
        self.received, self.problem = 0, None
        one_thread = {f"{name}_NUM_THREADS": "1" for name in ("OPENBLAS", "OMP", "MKL")}
        package = str(Path(__file__).resolve().parents[2])
        path = os.pathsep.join([package, *filter(None, [os.environ.get("PYTHONPATH")])])
        self.process = subprocess.Popen(
            [sys.executable, "-m", "vfm.statistics.bootstrap"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | one_thread | {"PYTHONPATH": path},
        )

    def run(self):
        try:
            _write(self.process.stdin, self.arrays)
            for _ in range(self.expected):
                answer = _read(self.process.stdout)
                self.received += 1
                self.deliver(int(answer["block"]), answer["indicators"])
        except (OSError, ValueError, EOFError) as error:
            self.problem = error


def indicators(
    spells, replicates, seed, *, window_weeks=156, estimates=None, processes=None, progress=True
):
    """Bootstrapped indicators.

    Parameters
    ----------
    spells : DataFrame
        intermediate.int_cox_input (see `cox.by_sex`).
    replicates : int
        Number of replicates, at least 1.
    seed : int
        Replicate r uses ``SeedSequence(seed).spawn(replicates)[r]``.
    window_weeks : int
        Horizon of the areas, in weeks.
    estimates : dict of str to cox.Estimate, optional
        See `prepare`.
    processes : int, optional
        Worker processes; default one for each processor this process may use, at most 8, and fewer where
        the spells are so many that these would take more than 2 GB. The result does not depend on it.
    progress : bool
        Whether to write a line with the time left on standard error every few seconds.

    Returns
    -------
    municipalities : (K,) array of str
    draws : (replicates, K) float array
        nan where a Cox fit of the replicate did not converge.

    Raises
    ------
    ValueError
        No replicates, no benchmarked municipality, or a Cox input that cannot be fitted.
    RuntimeError
        A worker process ended early (its own message is on standard error).
    """
    replicates, seed = int(replicates), int(seed)
    if replicates < 1:
        raise ValueError(f"the bootstrap needs at least 1 replicate, not {replicates}")
    arrays = prepare(spells, window_weeks, estimates) | {"seed": np.array(seed)}
    blocks = list(enumerate(_blocks(replicates)))
    if processes is None:
        usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        size = sum(value.nbytes for value in arrays.values())
        processes = min(usable, 8, int(_WORKERS_MEMORY / (2 * size)))
    processes = max(1, min(int(processes), len(blocks)))
    draws = np.full((replicates, len(arrays["municipalities"])), np.nan)
    began, told, done, lock = time.monotonic(), time.monotonic(), 0, threading.Lock()

    def deliver(block, values):
        nonlocal done, told
        with lock:
            first, last = blocks[block][1]
            draws[first:last] = values
            done += last - first
            now = time.monotonic()
            if progress and (now - told > 5 or done == replicates):
                told = now
                left = (now - began) / done * (replicates - done)
                print(
                    f"bootstrap: {done} of {replicates} replicates, {left:.0f} s left",
                    file=sys.stderr,
                    flush=True,
                )

    workers = [_Worker(arrays, blocks[i::processes], deliver) for i in range(processes)]
    try:
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
            code = worker.process.wait()
            if code or worker.problem or worker.received < worker.expected:
                raise RuntimeError(
                    f"a bootstrap worker ended with status {code} "
                    f"after {worker.received} of {worker.expected} blocks"
                    + (f" ({worker.problem})" if worker.problem else "")
                )
    finally:
        for worker in workers:
            if worker.process.poll() is None:
                worker.process.kill()
            worker.process.wait()
            worker.process.stdout.close()
            with suppress(BrokenPipeError):  # of one that died before it had read everything
                worker.process.stdin.close()
    return arrays["municipalities"], draws


_DRAWS = {"replicate": "int64", "municipality_code": object, "indicator": float}


def indicators_table(spells, results, replicates=999, seed=20170601, window_weeks=156):
    """One row for each replicate (1, 2, ...) and benchmarked municipality: its bootstrapped indicator.

    Parameters
    ----------
    spells, replicates, seed, window_weeks
        As `indicators`.
    results : DataFrame
        intermediate.int_cox_results, which has the Cox models of these spells.

    Returns
    -------
    DataFrame
        replicate, municipality_code, indicator. No rows in, no rows out. The refits have Breslow ties.

    Raises
    ------
    ValueError
        As `indicators`.
    """
    if not len(spells):
        return pd.DataFrame({c: [] for c in _DRAWS}).astype(_DRAWS)
    estimates = cox.estimates_by_sex(
        results[results["result"] == "coefficients"],
        results[results["result"] == "covariances"],
        cox.terms_of(spells),
    )
    codes, draws = indicators(spells, replicates, seed, window_weeks=window_weeks, estimates=estimates)
    return pd.DataFrame(
        {
            "replicate": np.repeat(np.arange(1, len(draws) + 1), len(codes)),
            "municipality_code": np.tile(codes, len(draws)),
            "indicator": draws.ravel(),
        }
    ).astype(_DRAWS)


def _wide(draws):
    """Codes (K,) and complete replicates (R, K) of a table of draws."""
    wide = draws.pivot(index="replicate", columns="municipality_code", values="indicator").sort_index(axis=1)
    wide = wide.dropna()
    if not len(wide):
        raise ValueError("no bootstrap replicate is complete")
    return wide.columns.to_numpy(), wide.to_numpy(float)


def ranks(indicators):
    """Ranks 1 (highest) .. K of each row; ties by column order.

    Parameters
    ----------
    indicators : (R, K) float array

    Returns
    -------
    (R, K) int array
    """
    order = np.argsort(-np.asarray(indicators, float), axis=1, kind="stable")
    out = np.empty_like(order)
    np.put_along_axis(out, order, np.broadcast_to(np.arange(1, order.shape[1] + 1), order.shape), axis=1)
    return out


def quintiles(ranks, size):
    """Quintile 1 (most successful) .. 5 of each rank among `size`, as even as possible.

    What cannot be shared evenly goes to the last ones, as in the macro `quintile`: 92 municipalities give 18,
    18, 18, 19 and 19.
    """
    small, extra = divmod(size, 5)
    bounds = np.cumsum([small + (q >= 5 - extra) for q in range(5)])
    return np.searchsorted(bounds, np.asarray(ranks), side="left") + 1


def quintile_probabilities(draws):
    """Share of the replicates in which each municipality lies in each quintile.

    Parameters
    ----------
    draws : DataFrame
        replicate, municipality_code, indicator (`indicators_table`).

    Returns
    -------
    DataFrame
        municipality_code, quintile 1..5 (five rows for each municipality) and probability (they add up to 1).
    """
    columns = {"municipality_code": object, "quintile": "int64", "probability": float}
    if not len(draws):
        return pd.DataFrame({c: [] for c in columns}).astype(columns)
    codes, values = _wide(draws)
    quintile = quintiles(ranks(values), len(codes))
    share = np.stack([(quintile == q).mean(axis=0) for q in range(1, 6)], axis=1)
    return pd.DataFrame(
        {
            "municipality_code": np.repeat(codes, 5),
            "quintile": np.tile(np.arange(1, 6), len(codes)),
            "probability": share.ravel(),
        }
    ).astype(columns)


def rank_intervals(draws):
    """Percentile intervals (95 %) of each municipality's rank and indicator, and the standard error.

    Parameters
    ----------
    draws : DataFrame
        replicate, municipality_code, indicator (`indicators_table`).

    Returns
    -------
    DataFrame
        municipality_code, rank_ci_low, rank_ci_high (1 = highest indicator), bootstrap_standard_error,
        bootstrap_ci_low, bootstrap_ci_high and replicates (the complete ones).

    Notes
    -----
    Limits are order statistics (the inverse of the empirical distribution function), hence whole ranks. A
    percentile interval of a rank warns against reading a league table; it does not hold 95 % for
    municipalities that are nearly equal (Hall & Miller 2009).
    """
    columns = {
        "municipality_code": object,
        "rank_ci_low": "int64",
        "rank_ci_high": "int64",
        "bootstrap_standard_error": float,
        "bootstrap_ci_low": float,
        "bootstrap_ci_high": float,
        "replicates": "int64",
    }
    if not len(draws):
        return pd.DataFrame({c: [] for c in columns}).astype(columns)
    codes, values = _wide(draws)

    def limits(x):
        return np.quantile(x, [0.025, 0.975], axis=0, method="inverted_cdf")

    rank_low, rank_high = limits(ranks(values))
    low, high = limits(values)
    spread = values.std(axis=0, ddof=1) if len(values) > 1 else np.full(len(codes), np.nan)
    return pd.DataFrame(
        {
            "municipality_code": codes,
            "rank_ci_low": rank_low,
            "rank_ci_high": rank_high,
            "bootstrap_standard_error": spread,
            "bootstrap_ci_low": low,
            "bootstrap_ci_high": high,
            "replicates": len(values),
        }
    ).astype(columns)


if __name__ == "__main__":
    _work()
