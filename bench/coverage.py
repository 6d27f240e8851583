"""Do 95 % intervals hold 95 %? A Monte Carlo study of the jackknife's and the Cox models' intervals.

Run with make coverage; it prints Markdown, as in docs/coverage.md. Every world is drawn anew: persons and
their case mix, their municipality, one to three spells each with a frailty that they share, weeks to
employment and to censoring. Municipalities have effects of their own that the Cox models leave out, as in the
report. What an interval must hold is what the same calculation gives on a population without end: the mean of
some very large samples, whose own error is a few hundredths of a world's.
"""

import argparse
import multiprocessing
import sys
import time

import numpy as np
import pandas as pd

from vfm.statistics import cox, indicator, kaplan_meier

MUNICIPALITIES = 30
SPELLS = 6_000
LARGE = 60  # very large samples are this many times a world ...
LARGE_SAMPLES = 16  # ... and so many of them are averaged
SHARES = np.linspace(1.0, 3.0, MUNICIPALITIES) / np.linspace(1.0, 3.0, MUNICIPALITIES).sum()
EFFECTS = 0.25 * np.sin(np.arange(MUNICIPALITIES) * 2.4)  # on the log hazard
COEFFICIENTS = {
    "men": np.array([0.5, -0.4, 0.3, -0.8, 0.2, 0.15]),
    "women": np.array([0.2, -0.6, 0.1, -0.5, 0.4, 0.15]),
}


def simulate(persons, seed):
    """Input of the Cox models: about 1.2 spells a person, 6 covariates, 30 municipalities, all benchmarked.

    Parameters
    ----------
    persons : int
    seed : numpy SeedSequence

    Returns
    -------
    DataFrame
        The id columns of `cox`; 4 levels and a number of the person's own, 1 covariate of the municipality.
    """
    rng = np.random.default_rng(seed)
    woman = rng.random(persons) < 0.45
    home = rng.choice(MUNICIPALITIES, persons, p=SHARES)
    # the case mix depends on the municipality, so that expectations differ
    lean = 0.07 * np.cos(np.arange(MUNICIPALITIES))[home]
    levels = rng.random((persons, 4)) < np.array([0.4, 0.25, 0.15, 0.1]) + lean[:, None]
    own = np.column_stack([levels, rng.standard_normal(persons)])
    frailty = rng.gamma(4.0, 0.25, persons)
    spells = rng.choice(3, persons, p=[0.84, 0.12, 0.04]) + 1
    person = np.repeat(np.arange(persons), spells)
    n = len(person)
    moved = (np.diff(person, prepend=-1) == 0) & (rng.random(n) < 0.5)  # a further spell is often elsewhere
    municipality = np.where(moved, rng.choice(MUNICIPALITIES, n, p=SHARES), home[person])
    X = np.column_stack([own[person], np.sin(1.0 + 1.7 * np.arange(MUNICIPALITIES))[municipality]])
    b = np.where(woman[person, None], COEFFICIENTS["women"], COEFFICIENTS["men"])
    base = np.where(woman[person], 0.0025, 0.006)
    rate = base * frailty[person] * np.exp((X * b).sum(axis=1) + EFFECTS[municipality])
    success = np.ceil(rng.exponential(1 / rate))
    censored = np.where(rng.random(n) < 0.45, rng.integers(1, 157, n), 156)
    number = np.arange(n)
    ids = pd.DataFrame(
        {
            "spell_id": number,
            "person_id": person,
            "sex": np.where(woman[person], "women", "men"),
            "municipality_code": np.array([f"m{k:02d}" for k in range(MUNICIPALITIES)], object)[municipality],
            "duration_weeks": np.minimum(success, censored).astype(int),
            "is_success": success <= censored,
            "is_benchmarked": True,
        }
    )
    return pd.concat([ids, pd.DataFrame(X, columns=[f"x{j}" for j in range(X.shape[1])])], axis=1)


def world(job):
    """Estimates of one world: numbers by municipality (indicators), by sex and term (coefficients)."""
    persons, seed = job
    spells = simulate(persons, seed)
    fits = list(cox.by_sex(spells))
    table = indicator.uncertainty_table(indicator.uncertainty(spells, fits=fits))
    size, greenwood = [], []
    for code in table["municipality_code"]:
        rows = spells[spells["municipality_code"] == code]
        curve = kaplan_meier.survival(rows["duration_weeks"], rows["is_success"])
        variance = kaplan_meier.restricted_mean_variance(rows["duration_weeks"], rows["is_success"])
        size.append(len(rows))
        greenwood.append(np.sqrt(variance) / kaplan_meier.restricted_mean(curve, 156))
    terms = cox.coefficients_table(fits)
    return {
        "log_indicator": np.log(table["indicator"].to_numpy()),
        "log_error": table["log_standard_error"].to_numpy(),
        "greenwood": np.array(greenwood),
        "size": np.array(size, float),
        "coefficient": terms["coefficient"].to_numpy(),
        "clustered": terms["standard_error"].to_numpy(),
        "plain": terms["model_standard_error"].to_numpy(),
    }


def all_worlds(jobs, processes, what):
    """`world` of every job, in order, with a line on standard error that says how long it takes."""
    found, began, told = [], time.monotonic(), time.monotonic()
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        for estimates in pool.imap(world, jobs, chunksize=1):
            found.append(estimates)
            now = time.monotonic()
            if now - told > 5 or len(found) == len(jobs):
                told = now
                left = (now - began) / len(found) * (len(jobs) - len(found))
                print(f"{what}: {len(found)} of {len(jobs)}, {left:.0f} s left", file=sys.stderr, flush=True)
    return {name: np.stack([f[name] for f in found]) for name in found[0]}


def row(title, estimate, error, truth):
    """One row of a table: coverage and how far standard errors are from standard deviations."""
    z = (estimate - truth) / error
    held = np.abs(z) <= 1.959963984540054
    by_world = held.mean(axis=1)
    margin = 1.96 * by_world.std(ddof=1) / np.sqrt(len(held))
    each = 100 * held.mean(axis=0)
    ratio = error.mean(axis=0) / estimate.std(axis=0, ddof=1)
    below, above = (z > 1.959963984540054).mean(), (z < -1.959963984540054).mean()
    cells = (
        title,
        f"{100 * held.mean():.1f} ± {100 * margin:.1f}",
        f"{each.min():.1f}-{each.max():.1f}",
        f"{100 * below:.1f} / {100 * above:.1f}",
        f"{np.median(ratio):.3f}",
        f"{ratio.min():.2f}-{ratio.max():.2f}",
    )
    return f"| {' | '.join(cells)} |"


def main():
    """Draw the worlds, print the tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--worlds", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=20170601)
    parser.add_argument("--processes", type=int, default=2)
    options = parser.parse_args()
    persons = round(SPELLS / 1.2)
    seeds = np.random.SeedSequence(options.seed)
    large = [(persons * LARGE, s) for s in seeds.spawn(LARGE_SAMPLES)]
    truth = all_worlds(large, options.processes, "very large samples")
    worlds = all_worlds([(persons, s) for s in seeds.spawn(options.worlds)], options.processes, "worlds")
    log_indicator = truth["log_indicator"].mean(axis=0)
    coefficient = truth["coefficient"].mean(axis=0)
    own = truth["log_indicator"].std(axis=0, ddof=1).mean() / np.sqrt(LARGE_SAMPLES)
    spread = np.exp(log_indicator)
    size = worlds["size"].mean(axis=0)
    print(
        f"{options.worlds} worlds, seed {options.seed}: about {SPELLS:,} spells of {persons:,} persons in "
        f"{MUNICIPALITIES} municipalities ({size.min():.0f} to {size.max():.0f} spells), both sexes; true "
        f"indicators {spread.min():.3f} to {spread.max():.3f}, known to "
        f"{own / worlds['log_error'].mean():.3f} standard errors."
    )
    head = "coverage, % | lowest-highest | truth below / above, % | mean error / true SD, median | range |"
    print(f"\n| 95 % intervals of the indicators | {head}")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    estimate, error = worlds["log_indicator"], worlds["log_error"]
    print(row("jackknife, all municipalities", estimate, error, log_indicator))
    third = np.argsort(np.argsort(size)) // (MUNICIPALITIES // 3)
    for k, name in enumerate(("smallest", "middle", "largest")):
        at = third == k
        title = f"jackknife, {name} third ({size[at].min():.0f}-{size[at].max():.0f} spells)"
        print(row(title, estimate[:, at], error[:, at], log_indicator[at]))
    print(row("Kaplan-Meier's error alone", estimate, worlds["greenwood"], log_indicator))
    print(f"\n| 95 % intervals of the Cox coefficients | {head}")
    print("| --- | ---: | ---: | ---: | ---: | ---: |")
    for title, name in (("clustered on the person", "clustered"), ("model-based", "plain")):
        print(row(title, worlds["coefficient"], worlds[name], coefficient))


if __name__ == "__main__":
    main()
