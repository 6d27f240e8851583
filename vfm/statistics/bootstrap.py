"""Cluster bootstrap of the benchmark indicators: persons resampled, everything estimated again.

A replicate draws, in each municipality, as many persons as live there in the data (a person belongs to the
municipality of her first spell) and takes all spells of each draw along; both Cox models, both product-limit
baselines, the expected durations and the Kaplan-Meier areas are then computed with these weights. It confirms
the infinitesimal jackknife of `indicator` and gives what that cannot: the probability of each quintile
and the intervals of the ranks.

`replicates` has what a block of replicates computes, `workers` the processes that do it. Every replicate has
a seed of its own and belongs to a fixed block, so the numbers do not depend on how many processes there are.

Notes
-----
Efron & Tibshirani (1993), chapter 13, for percentile intervals; Cameron, Gelbach & Miller (2008) for
resampling clusters; Nocedal & Wright (2006), chapter 6, for BFGS.
"""

from __future__ import annotations

import sys
import threading
import time

import numpy as np
import pandas as pd

from vfm.statistics import comparing, cox, workers
from vfm.statistics.arguments import (
    WINDOW,
    ByKey,
    Flag,
    InputError,
    Labels,
    Numbers,
    Result,
    Table,
    Whole,
    accepts,
)
from vfm.statistics.cox.names import SPELLS
from vfm.statistics.frames import typed

_DRAWS = {"replicate": "int64", "municipality_code": object, "indicator": float}
_PROBABILITIES = {"municipality_code": object, "quintile": "int64", "probability": float}
_INTERVALS = {
    "municipality_code": object,
    "bootstrap_rank_low": "int64",
    "bootstrap_rank_high": "int64",
    "bootstrap_standard_error": float,
    "bootstrap_ci_low": float,
    "bootstrap_ci_high": float,
    "replicates": "int64",
}
_ESTIMATES = ByKey(
    Result(("terms", "coefficients", "covariance", "means", "infinite_at"), "cox.estimates_by_sex"),
    "cox.estimates_by_sex",
    optional=True,
)
_REPLICATES = Table(
    {
        "replicate": Numbers("whole numbers", whole=True),
        "municipality_code": Labels(),
        "indicator": Numbers("above 0, or missing", above=0, gaps=True),
    },
    key=("replicate", "municipality_code"),
)
_RESULT_ROWS = Table({"result": Labels()})
BLOCK = 32  # replicates side by side; part of what fixes the last digits, like the seed


@accepts(spells=SPELLS, window_weeks=WINDOW, estimates=_ESTIMATES)
def prepare(  # long: it names every array that a worker gets
    spells: pd.DataFrame, window_weeks: int = 156, estimates: dict[str, cox.Estimate] | None = None
) -> dict[str, np.ndarray]:
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
        raise InputError(
            "spells: no municipality has enough spells for the benchmark (is_benchmarked is false throughout)"
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
        "horizon": np.array(window_weeks),
        "stratum_size": size[size > 0],
        "person": person[profiled],
        "municipality": municipality[profiled].astype(np.int32),
        "week": weeks.astype(np.int32)[profiled],
        "event": succeeded[profiled],
    }
    if estimates is None:
        estimates = {sex: result for sex, _, result in cox.by_sex(spells)}
    sexes = set(spells["sex"])
    if set(estimates) != sexes:
        raise InputError(
            f"estimates has {', '.join(sorted(map(str, estimates)))} and spells "
            f"{', '.join(sorted(map(str, sexes)))} as sex: give the models of these spells"
        )
    for sex, estimate in estimates.items():
        if list(estimate.terms) != terms:
            raise InputError(
                f"estimates[{sex!r}] has other terms than spells: give the models of these spells"
            )
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


def _blocks(replicates):
    return [(a, min(a + BLOCK, replicates)) for a in range(0, replicates, BLOCK)]


@accepts(
    spells=SPELLS,
    replicates=Whole(1),
    seed=Whole(0),
    window_weeks=WINDOW,
    estimates=_ESTIMATES,
    processes=Whole(1, optional=True),
    progress=Flag(),
)
def indicators(  # long: the workers, and how they end, belong together
    spells: pd.DataFrame,
    replicates: int,
    seed: int,
    *,
    window_weeks: int = 156,
    estimates: dict[str, cox.Estimate] | None = None,
    processes: int | None = None,
    progress: bool = True,
) -> tuple[np.ndarray, np.ndarray]:
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
    arrays = prepare(spells, window_weeks, estimates) | {"seed": np.array(seed)}
    blocks = _blocks(replicates)
    draws = np.full((replicates, len(arrays["municipalities"])), np.nan)
    began, told, done, lock = time.monotonic(), time.monotonic(), 0, threading.Lock()

    def deliver(block, values):
        nonlocal done, told
        with lock:
            first, last = blocks[block]
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

    workers.run(arrays, blocks, processes, deliver)
    return arrays["municipalities"], draws


@accepts(spells=SPELLS, results=_RESULT_ROWS, replicates=Whole(1), seed=Whole(0), window_weeks=WINDOW)
def replicates_table(
    spells: pd.DataFrame,
    results: pd.DataFrame,
    replicates: int = 999,
    seed: int = 20170601,
    window_weeks: int = 156,
) -> pd.DataFrame:
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
        return typed([], _DRAWS)
    estimates = cox.estimates_by_sex(
        results[results["result"] == "coefficients"],
        results[results["result"] == "covariances"],
        cox.terms_of(spells),
    )
    codes, draws = indicators(spells, replicates, seed, window_weeks=window_weeks, estimates=estimates)
    row = {
        "replicate": np.repeat(np.arange(1, len(draws) + 1), len(codes)),
        "municipality_code": np.tile(codes, len(draws)),
        "indicator": draws.ravel(),
    }
    return typed([row], _DRAWS)


def _wide(draws):
    """Codes (K,) and complete replicates (R, K) of a table of draws."""
    wide = draws.pivot(index="replicate", columns="municipality_code", values="indicator").sort_index(axis=1)
    wide = wide.dropna()
    if not len(wide):
        raise InputError(
            "draws: no bootstrap replicate is complete, every one lacks a municipality; draw more"
        )
    return wide.columns.to_numpy(), wide.to_numpy(float)


@accepts(draws=_REPLICATES)
def rank_intervals(draws: pd.DataFrame) -> pd.DataFrame:
    """Percentile intervals (95 %) of each municipality's rank and indicator, and the standard error.

    Parameters
    ----------
    draws : DataFrame
        replicate, municipality_code, indicator (`replicates_table`).

    Returns
    -------
    DataFrame
        municipality_code, bootstrap_rank_low, bootstrap_rank_high (1 = highest indicator),
        bootstrap_standard_error, bootstrap_ci_low, bootstrap_ci_high and replicates (the complete ones).

    Notes
    -----
    Limits are order statistics (the inverse of the empirical distribution function), hence whole ranks. A
    percentile interval of a rank warns against reading a league table; it does not hold 95 % for
    municipalities that are nearly equal (Hall & Miller 2009).
    """
    if not len(draws):
        return typed([], _INTERVALS)
    codes, values = _wide(draws)

    def limits(x):
        return np.quantile(x, [0.025, 0.975], axis=0, method="inverted_cdf")

    rank_low, rank_high = limits(comparing.ranks(values))
    low, high = limits(values)
    spread = values.std(axis=0, ddof=1) if len(values) > 1 else np.full(len(codes), np.nan)
    row = {
        "municipality_code": codes,
        "bootstrap_rank_low": rank_low,
        "bootstrap_rank_high": rank_high,
        "bootstrap_standard_error": spread,
        "bootstrap_ci_low": low,
        "bootstrap_ci_high": high,
        "replicates": len(values),
    }
    return typed([row], _INTERVALS)
