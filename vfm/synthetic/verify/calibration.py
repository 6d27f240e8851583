"""Fit the free numbers of the synthetic world to the report's printed tables.

python -m vfm.synthetic.verify.calibration --seeds 4 --rounds 12

Each round makes a world at a few seeds, reads from them what an analyst would find (`measure`), and moves
every fitted number a part of the way to its printed target: a fixed-point iteration with falling steps, so
the noise of the seeds averages out. The fitted numbers are written to `fitted.json` after each round, and
`constants` reads them. The seeds differ from those that `make registers` and `make recovery` use.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
from scipy.optimize import lsq_linear

from vfm.synthetic.verify import measure
from vfm.synthetic.world import constants, creation
from vfm.synthetic.world.case_mix import LABOUR_MARKET_TERMS, printed_coefficients, term_names
from vfm.synthetic.world.classifications import published
from vfm.synthetic.world.population import GROUPS

FIRST_SEED = 9_000
SEXES = ("men", "women")
FITTED_GROUPS = GROUPS[:2]  # of the third nothing is printed
COUNTED = ("success", "left", "total")
RANGE_OF_REFERENCE = (0.5, 1.6)  # persons of a group and permit year
WEIGHT_OF_PRINT = 80.0  # a relative deviation from the print against one from the reference
WEEKS_PER_SLOPE = 12.0  # mean weeks of the successes per unit of baseline slope
TILT_PER_LOG_SUCCESSES = 2.0
MIDDLE_OF_THE_SUCCESSES = 0.6  # in 100 weeks: a steeper baseline is so much higher there
FIRST_STEP, LAST_STEP, STEP_FALLS_BY = 0.8, 0.25, 0.85


def printed_targets() -> dict:
    """The printed numbers, by name; arrays in the order of `SEXES` or of refugees and reunified."""
    counts = published("table_2_1").set_index(["sex", "outcome"])["spells"]
    grounds = published("table_2_2").set_index(["residence_ground", "outcome"])["spells"]
    weeks = published("table_2_1_durations").set_index("sex")
    paid = published("table_4_1").query("scope == 'programme' and line == 'gross_net_of_payments'")
    mean = published("table_4_3").set_index("year")["mean_dkk"]
    return {
        **{f"sex_{name}": counts.xs(name, level=1).reindex(SEXES).to_numpy() for name in COUNTED},
        **{f"group_{name}": grounds.xs(name, level=1).reindex(FITTED_GROUPS).to_numpy() for name in COUNTED},
        "spells_unknown": counts["all", "total"] - grounds.xs("total", level=1).reindex(FITTED_GROUPS).sum(),
        "success_weeks": weeks["mean_weeks_successes_only"].reindex(SEXES).to_numpy()
        + constants.WEEKS_TOWARDS_TABLE_3_1,
        "full_year_persons": constants.FULL_YEAR_PERSONS_SHARE
        * (paid.set_index("year")["million_dkk_2015_prices"] * 1e6 / mean).to_numpy(),
        "coefficients": np.array([printed_coefficients()[sex].to_numpy() for sex in SEXES]),
    }


def found_in_world(task: tuple[int, dict]) -> dict:
    """What an analyst finds in one world: (seed, fitted numbers) -> arrays named as the targets."""
    seed, fitted = task
    constants.use_fitted(fitted)
    return measure.calibration_figures(creation.create_world(seed))


def next_fitted(fitted: dict, mean: dict, target: dict, size: float) -> dict:
    """The fitted numbers one step nearer to the targets.

    Parameters
    ----------
    fitted : dict
        As `fitted.json`.
    mean, target : dict of arrays
        What was found, as a mean over the seeds, and what is printed.
    size : float
        Part of the way, 0 to 1.

    Returns
    -------
    dict
    """
    new = json.loads(json.dumps(fitted))
    ratio = {
        f"{by}_{name}": target[f"{by}_{name}"] / mean[f"{by}_{name}"]
        for by in ("sex", "group")
        for name in COUNTED
    }
    new["persons_by_permit_year"] = _persons(fitted["persons_by_permit_year"], mean, target, size)
    odds = size * np.log(ratio["sex_total"][0] / ratio["sex_total"][1])
    for group in FITTED_GROUPS:
        share = fitted["men_share"][group]
        new["men_share"][group] = 1 / (1 + (1 - share) / share * np.exp(-odds))
    for number, sex in enumerate(SEXES):
        hazard = [
            -np.log(1 - values["sex_success"][number] / values["sex_total"][number])
            for values in (target, mean)
        ]
        slope = size * (target["success_weeks"][number] - mean["success_weeks"][number]) / WEEKS_PER_SLOPE
        new["baseline_slope"][sex] += slope
        level = size * (np.log(hazard[0] / hazard[1]) + mean["mean_effect"])
        new["baseline_log_level"][sex] += level - MIDDLE_OF_THE_SUCCESSES * slope
        all_left = target["sex_left"].sum() / mean["sex_left"].sum()
        for place, group in enumerate(FITTED_GROUPS):
            left = ratio["sex_left"][number] * ratio["group_left"][place] / all_left
            new["leave_rate"][sex][group] *= left**size
        gap = size * (target["coefficients"][number] - mean["coefficients"][number])
        # the municipalities' success shares are given, so theirs do not depend on the simulated hazard
        gap[np.isin(term_names(), LABOUR_MARKET_TERMS)] = 0.0
        for place, term in enumerate(fitted["hazard_correction"][sex]):
            new["hazard_correction"][sex][term] += gap[place]
        new["baseline_log_level"][sex] -= gap @ mean["term_means"][number]
    for place, group in enumerate(FITTED_GROUPS):
        new["risk_tilt"][group] += size * TILT_PER_LOG_SUCCESSES * np.log(ratio["group_success"][place])
    return new


def _persons(persons, mean, target, size):
    """Persons by group and permit year: nearest to the reference, with the spells and full-year persons."""
    cells = [(group, year) for group in GROUPS for year in persons[group]]
    reference = np.array(
        [constants.REFERENCE_PERSONS[group][int(year)] for group, year in cells], dtype=float
    )
    wanted = np.concatenate([target["full_year_persons"], target["group_total"], [target["spells_unknown"]]])
    held = np.vstack([mean["cell_full_year_persons"].T, _by_group(cells, mean["cell_spells"])])
    by_person = held / np.maximum(mean["cell_persons"], 1)
    best = (
        reference
        * lsq_linear(
            np.vstack([by_person * reference / wanted[:, None] * WEIGHT_OF_PRINT, np.eye(len(cells))]),
            np.concatenate([np.full(len(wanted), WEIGHT_OF_PRINT), np.ones(len(cells))]),
            bounds=RANGE_OF_REFERENCE,
        ).x
    )
    old = np.array([persons[group][year] for group, year in cells])
    new = {group: {} for group in GROUPS}
    for (group, year), value in zip(cells, old + size * (best - old), strict=True):
        new[group][year] = round(float(value))
    return new


def _by_group(cells, values):
    """The cells' values in one row per group, zero elsewhere."""
    return np.array([[group == name for name, _ in cells] for group in GROUPS]) * values


def calibrate(
    fitted: dict, seeds: list[int], rounds: int, report: Callable[[str], None] = print
) -> Iterator[dict]:
    """Iterate towards the print.

    Parameters
    ----------
    fitted : dict
        Where to begin, as `fitted.json`.
    seeds : list of int
        Of the worlds of the first round; later rounds take the following seeds.
    rounds : int
    report : callable
        Called with some lines after each round.

    Yields
    ------
    dict
        The fitted numbers after each round.
    """
    target = printed_targets()
    context = get_context("spawn")
    with ProcessPoolExecutor(max_workers=min(len(seeds), os.cpu_count()), mp_context=context) as pool:
        for number in range(rounds):
            began = time.perf_counter()
            shifted = [seed + number * len(seeds) for seed in seeds]
            worlds = list(pool.map(found_in_world, [(seed, fitted) for seed in shifted]))
            mean = {name: sum(one[name] for one in worlds) / len(worlds) for name in worlds[0]}
            seconds = time.perf_counter() - began
            report(f"round {number + 1} of {rounds}, {seconds:.0f} s a round\n{_summary(mean, target)}")
            fitted = next_fitted(fitted, mean, target, max(LAST_STEP, FIRST_STEP * STEP_FALLS_BY**number))
            yield fitted


def _summary(mean, target):
    """What is off, a line for each kind of target."""
    lines = []
    for name in sorted(target.keys() & mean.keys() - {"coefficients"}):
        percent = 100 * (np.asarray(mean[name]) / target[name] - 1)
        lines.append(f"  {name.replace('_', ' ')}: {' '.join(f'{value:+.1f}' for value in percent)} %")
    bias = (mean["coefficients"] - target["coefficients"]) / mean["printed_errors"]
    lines.append(f"  coefficients: {np.nanmean(np.abs(bias)):.2f} printed errors on average")
    lines.append("  " + ", ".join(f"{name} {value:.3f}" for name, value in mean["benchmark"].items()))
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> int:
    """Calibrate; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m vfm.synthetic.verify.calibration", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--seeds", type=int, default=4, help="worlds in a round")
    parser.add_argument("--rounds", type=int, default=12)
    options = parser.parse_args(arguments)
    fitted = json.loads(constants.FITTED_FILE.read_text(encoding="utf-8"))
    for better in calibrate(fitted, [FIRST_SEED + number for number in range(options.seeds)], options.rounds):
        constants.FITTED_FILE.write_text(as_text(better), encoding="utf-8")
    return 0


def as_text(fitted: dict) -> str:
    """The fitted numbers as the committed file has them: four decimals, a line each."""
    rounded = json.loads(json.dumps(fitted), parse_float=lambda text: round(float(text), 4))
    return json.dumps(rounded, indent=1) + "\n"


if __name__ == "__main__":
    sys.exit(main())
