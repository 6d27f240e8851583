"""Measure what docs/statistics.md states: agreement with references and time, at the report's size.

From the root: ``OPENBLAS_NUM_THREADS=1 PYTHONPATH=. python tests/support/measure_statistics.py``
"""

import resource
import time
from pathlib import Path

import numpy as np
import pandas as pd
import simulation
from statsmodels.duration.hazard_regression import PHReg

from vfm.statistics import bootstrap, cox, frontier, indicator, kaplan_meier, replicates

DATA = Path(__file__).parent / "data"


def say(what, value, unit=""):
    print(f"{what:<78} {value:>10.3g} {unit}".rstrip(), flush=True)


def timed(call, *arguments, **options):
    began = time.perf_counter()
    result = call(*arguments, **options)
    return result, time.perf_counter() - began


def measure_cox(spells):
    rows = spells[spells.sex == "men"]
    X = rows[cox.terms_of(spells)]
    duration, event = rows.duration_weeks.to_numpy(float), rows.is_success.to_numpy()
    print(f"Cox model: {X.shape[0]} spells, {X.shape[1]} covariates, {event.sum()} events")
    for ties in cox.TIES:
        ours, seconds = timed(cox.fit, duration, event, X, ties=ties, cluster=rows.person_id)
        _, more = timed(lambda fit=ours: (fit.robust_covariance, fit.score_parts))
        theirs = PHReg(duration, X.to_numpy(), status=event, ties=ties).fit(disp=0)
        say(
            f"{ties}: coefficients, largest difference from statsmodels",
            np.abs(ours.coefficients - theirs.params).max(),
        )
        say(
            f"{ties}: standard errors, largest relative difference",
            np.abs(ours.standard_errors / theirs.bse - 1).max(),
        )
        say(f"{ties}: one fit", seconds, "s")
        say(f"{ties}: clustered errors and residuals on top", more, "s")
    few = slice(0, 3000)
    ours = cox.fit(duration[few], event[few], X.iloc[few], cluster=rows.person_id[few])
    theirs = PHReg(duration[few], X.to_numpy()[few], status=event[few]).fit(
        disp=0, groups=pd.factorize(rows.person_id[few])[0]
    )
    say(
        "clustered errors, largest relative difference from statsmodels (3,000 spells)",
        np.abs(ours.robust_standard_errors / theirs.bse - 1)[ours.estimated].max(),
    )
    weeks = np.arange(157)
    curve = kaplan_meier.survival(rows.duration_weeks, event)
    null = cox.fit(duration, event, None)
    say("baseline without covariates less Kaplan-Meier", np.abs(null.baseline_survival(weeks) - curve).max())


def measure_indicator(spells):
    u, seconds = timed(indicator.uncertainty, spells)
    say(
        f"infinitesimal jackknife of {len(u.municipalities)} indicators, both Cox fits included", seconds, "s"
    )
    problem = replicates.Problem(bootstrap.prepare(spells))
    once = problem.indicators(np.ones((len(problem.start), 1)))[:, 0]
    say(
        "bootstrap with weights 1: largest relative difference from the indicator",
        np.abs(once / u.indicator - 1).max(),
    )
    (_, draws), seconds = timed(bootstrap.indicators, spells, 999, 20170601)
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    say("999 bootstrap replicates, all processors", seconds, "s")
    say("999 bootstrap replicates, processor time of the workers", used.ru_utime + used.ru_stime, "s")
    ratio = draws.std(axis=0, ddof=1) / u.standard_errors
    for name, value in (("median", np.median(ratio)), ("smallest", ratio.min()), ("largest", ratio.max())):
        say(f"bootstrap standard deviation over jackknife standard error, {name}", value)


def measure_frontier():
    firms = pd.read_csv(DATA / "front41.csv")
    y, X = np.log(firms.output), np.log(firms[["capital", "labour"]])
    r, seconds = timed(frontier.fit, y, X)
    say(
        "Frontier 4.1, 60 firms: coefficients",
        np.abs(r.coefficients - [0.56161963, 0.28110205, 0.53647981]).max(),
    )
    say("Frontier 4.1: efficiencies", np.abs(r.efficiency - firms.coelli_efficiency).max())
    say("one half-normal fit", seconds, "s")
    states = pd.read_csv(DATA / "transportation_equipment.csv")
    r = frontier.fit(np.log(states.value_added), np.log(states[["capital", "labor"]]))
    say(
        "25 states (Greene, Stata): coefficients",
        np.abs(r.coefficients - [2.0811347, 0.2585478, 0.7802451]).max(),
    )


if __name__ == "__main__":
    data = simulation.spells(36_000, municipalities=92)
    measure_cox(data)
    measure_indicator(data)
    measure_frontier()
