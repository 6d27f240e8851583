"""The tables of docs/recovery.md from the results of `recovery`: criteria met, and coverage of the truth."""

from pathlib import Path

import numpy as np
import pandas as pd

from vfm.statistics import frontier
from vfm.synthetic.verify import (
    recovery_comparing,
    recovery_frontier,
    recovery_second_stage,
    recovery_years,
)
from vfm.synthetic.verify.redraws import KEYS
from vfm.synthetic.world.classifications import municipalities

BEGIN = "<!-- made by make recovery: from here -->"
END = "<!-- to here -->"
ENOUGH = 15  # seeds in which a criterion must hold ...
OF = 20  # ... of so many
WORST = 5
FARTHEST = 8  # municipalities whose bias is shown
LARGEST = "101"

ROWS = (  # title, part, which estimates, truth, which error
    ("Cox, {sex}", "cox", "built", "simulated", "error"),
    ("Cox, {sex}", "cox", "built", "printed", "error"),
    ("Cox, {sex}", "cox", "built", "limit", "error"),
    ("Cox, {sex}", "cox", "redrawn", "simulated", "error"),
    ("Cox, {sex}", "cox", "redrawn", "printed", "error"),
    ("Cox, {sex}", "cox", "redrawn", "limit", "error"),
    ("Cox, {sex}, model-based errors", "cox", "redrawn", "limit", "other_error"),
    ("indicators", "indicator", "built", "effect", "error"),
    ("indicators", "indicator", "built", "limit", "error"),
    ("indicators", "indicator", "redrawn", "effect", "error"),
    ("indicators", "indicator", "redrawn", "limit", "error"),
    ("cost need", "cost_need", "built", "simulated", "error"),
    ("cost need", "cost_need", "built", "printed", "error"),
    ("cost need, clustered errors", "cost_need", "built", "simulated", "other_error"),
    ("cost need", "cost_need", "redrawn", "simulated", "error"),
    ("cost need, clustered errors", "cost_need", "redrawn", "simulated", "other_error"),
)
KINDS = {
    "simulated": "simulated coefficient",
    "printed": "printed coefficient",
    "limit": "limit of the calculation",
    "effect": "the effect alone",
}


def frames(results: list[dict]) -> tuple[pd.DataFrame, ...]:
    """All criteria, estimates and truths, each with its seed.

    Parameters
    ----------
    results : list of dict
        See `recovery_seed.measure_seed`.

    Returns
    -------
    criteria, estimates, truths : DataFrame
    """
    return tuple(
        pd.concat([pd.DataFrame(found[name]).assign(seed=found["seed"]) for found in results])
        for name in ("criteria", "estimates", "truths")
    )


def deviations(estimates: pd.DataFrame, truths: pd.DataFrame) -> pd.DataFrame:
    """Distance of every estimate from each of its truths, in standard errors.

    The limit of the calculation is the mean over a seed's redraws. It has an error of its own, which the
    distances allow for: from the mean of R redraws a further estimate has the variance 1 + 1/R, one of the R
    themselves 1 - 1/R. Names that were not estimated in every redraw have no limit.

    Parameters
    ----------
    estimates, truths : DataFrame
        See `frames`.

    Returns
    -------
    DataFrame
        seed, part, name, draw, which (`built` or `redrawn`), kind of truth, z and other_z (estimate less
        truth, over error and other_error) and quantile.
    """
    known = estimates.merge(truths, on=["seed", *KEYS])
    redrawn = estimates[estimates["draw"] > 0]
    keys = ["seed", *KEYS]
    limit = redrawn.groupby(keys)["estimate"].agg(["mean", "size"]).reset_index()
    draws = redrawn.groupby("seed")["draw"].nunique().rename("draws")
    limit = limit.join(draws, on="seed").query("size == draws and draws > 1")
    tends = estimates.merge(limit.rename(columns={"mean": "value"}), on=keys).assign(kind="limit")
    own = np.where(tends["draw"] > 0, -1.0, 1.0)
    known = known.assign(spread=1.0)
    tends = tends.assign(spread=np.sqrt(1 + own / tends["draws"]))
    both = pd.concat([known, tends], ignore_index=True)
    off = (both["estimate"] - both["value"]) / both["spread"]
    return both.assign(
        z=off / both["error"],
        other_z=off / both["other_error"].astype(float),
        which=np.where(both["draw"] > 0, "redrawn", "built"),
    )[["seed", *KEYS, "draw", "which", "kind", "z", "other_z", "quantile"]]


def coverage(z: pd.Series, quantile: pd.Series, seed: pd.Series, name: pd.Series) -> dict:
    """How often intervals hold their truth.

    Parameters
    ----------
    z, quantile, seed, name : Series of the same length
        Distance in standard errors, half the interval's width in them, and to what the distance belongs.

    Returns
    -------
    dict
        share that is held and margin (Monte Carlo error, 95 %, by seed; missing for one seed), lowest and
        highest share by name, below and above (shares of truths outside on either side), mean and sd of z.
    """
    held = z.abs() <= quantile
    by_seed = held.groupby(seed.to_numpy()).mean()
    by_name = held.groupby(name.to_numpy()).mean()
    return {
        "share": held.mean(),
        "margin": 1.96 * by_seed.std(ddof=1) / np.sqrt(len(by_seed)),
        "lowest": by_name.min(),
        "highest": by_name.max(),
        "below": (z > quantile).mean(),
        "above": (z < -quantile).mean(),
        "mean": z.mean(),
        "sd": z.std(ddof=0),
    }


def _coverage_rows(table):
    """Rows of the coverage table, cells as text; without those that nothing was measured for."""
    rows = []
    for title, part, which, kind, error in ROWS:
        for name in ("cox_men", "cox_women") if part == "cox" else (part,):
            own = table[(table["part"] == name) & (table["which"] == which) & (table["kind"] == kind)]
            if own.empty:
                continue
            z = own["z" if error == "error" else "other_z"]
            found = coverage(z, own["quantile"], own["seed"], own["name"])
            margin = "" if np.isnan(found["margin"]) else f" ± {100 * found['margin']:.1f}"
            rows.append(
                (
                    title.format(sex=name.removeprefix("cox_")),
                    which,
                    KINDS[kind],
                    f"{own['name'].nunique()}",
                    f"{100 * found['share']:.1f}{margin}",
                    f"{100 * found['lowest']:.0f}-{100 * found['highest']:.0f}",
                    f"{100 * found['below']:.1f} / {100 * found['above']:.1f}",
                    f"{found['mean']:+.2f}",
                    f"{found['sd']:.2f}",
                )
            )
    return rows


def _worst_rows(table):
    """Rows of the table of terms whose estimates lie farthest from the simulated coefficients on average."""
    own = table[table["part"].str.startswith("cox_") & (table["kind"] == "simulated")]
    own = own.assign(held=own["z"].abs() <= own["quantile"])
    redrawn = own[own["which"] == "redrawn"].groupby(KEYS).agg(z=("z", "mean"), held=("held", "mean"))
    built = own[own["which"] == "built"].groupby(KEYS).agg(built_z=("z", "mean"), built=("held", "mean"))
    both = redrawn.join(built).reset_index()
    both["distance"] = both["z"].abs()
    both = both.sort_values(["distance", *KEYS], ascending=[False, True, True])
    rows = []
    for part in ("cox_men", "cox_women"):
        for row in both[both["part"] == part].head(WORST).itertuples():
            rows.append(
                (
                    part.removeprefix("cox_"),
                    f"`{row.name}`",
                    f"{row.z:+.2f}",
                    f"{100 * row.held:.0f}",
                    f"{row.built_z:+.2f}",
                    f"{100 * row.built:.0f}",
                )
            )
    return rows


def _bias_rows(effect, redrawn, names):
    """Rows of the municipalities whose indicators tend to something else than their effect makes."""
    limit = redrawn.groupby(["seed", "name"])["estimate"].mean()
    both = pd.DataFrame({"effect": effect, "limit": limit}).dropna().groupby("name").mean()
    both = 100 * np.expm1(both)
    both["bias"] = both["limit"] - both["effect"]
    order = both["bias"].abs().sort_values(ascending=False, kind="stable").index
    chosen = list(dict.fromkeys([*order[:FARTHEST], *both.index.intersection([LARGEST])]))
    return [
        (names.get(name, name), *(f"{value:+.1f}" for value in both.loc[name, ["effect", "limit", "bias"]]))
        for name in chosen
    ]


def _seed_rows(criteria):
    """Rows of the table of seeds: seed, criteria met, the others by name."""
    rows = []
    for seed, own in criteria.groupby("seed", sort=False):
        missed = own.loc[~_met(own), "criterion"].sort_values()
        rows.append((str(seed), f"{len(own) - len(missed)} of {len(own)}", _code(missed) or "none"))
    return rows


def _criterion_rows(criteria):
    """Rows of the table of criteria: criterion, statement, limits, smallest and largest measured, seeds."""
    rows = []
    for name, own in criteria.groupby("criterion", sort=False):
        first = own.iloc[0]
        measured = own["measured"].astype(float)
        seeds = f"{int(_met(own).sum())} of {len(own)}"
        rows.append(
            (
                f"`{name}`",
                first["statement"],
                _limits(first["lower_limit"], first["upper_limit"]),
                f"{measured.min():.4g} to {measured.max():.4g}",
                seeds if holds(own) else f"**{seeds}**",
            )
        )
    return rows


def _met(own):
    """Which rows are met; one without an answer is not."""
    return own["is_met"].eq(True)


def holds(own: pd.DataFrame) -> bool:
    """Whether a criterion is met in as large a share of the seeds as 15 of 20."""
    return _met(own).mean() >= ENOUGH / OF


def _limits(lower, upper):
    """Write the limits of a criterion."""
    low, high = (None if pd.isna(value) else f"{value:g}" for value in (lower, upper))
    if low is None or high is None:
        return f"at most {high}" if low is None else f"at least {low}"
    return low if low == high else f"{low} to {high}"


def _code(names):
    """Names as code, with commas."""
    return ", ".join(f"`{name}`" for name in names)


def one_line(result: dict) -> str:
    """A result in a few words."""
    criteria = pd.DataFrame(result["criteria"])
    return f"seed {result['seed']} meets {int(_met(criteria).sum())} of {len(criteria)} criteria"


def verdict(results: list[dict]) -> str:
    """Whether what must hold holds, in a sentence or two."""
    criteria, _, _ = frames(results)
    missed = [name for name, own in criteria.groupby("criterion", sort=False) if not holds(own)]
    number = criteria["criterion"].nunique()
    together = sum(_met(own).all() for _, own in criteria.groupby("seed"))
    most = f"{ENOUGH} of {OF} seeds" if len(results) == OF else f"{100 * ENOUGH // OF} % of the seeds"
    text = f"{number - len(missed)} of {number} criteria hold in at least {most}"
    text += f"; all of them at once in {together} of {len(results)}."
    if missed:
        text += f" Not so: {_code(missed)}."
    if len(results) < OF:
        text += f" This is a trial with {len(results)} of the {OF} seeds."
    return text


def costs(results: list[dict]) -> str:
    """Seconds and memory of a seed, for the terminal."""
    seconds, memory = (
        [found.get("seconds") for found in results],
        [found.get("memory_mb") for found in results],
    )
    if None in seconds or None in memory:
        return ""
    return f"A seed took {np.mean(seconds):.0f} s and at most {max(memory):,} MB in one process."


def _markdown_table(header, align, rows):
    """A table in Markdown."""
    lines = [" | ".join(header), " | ".join(align), *(" | ".join(row) for row in rows)]
    return "\n".join(f"| {line} |" for line in lines)


def _held_parts(results, names, draws):
    """What is published beside the first stage, and how often it held; paragraphs and tables."""
    return [
        "## Ranks, fifths, shrunken intervals and discoveries",
        f"{draws} redraws of each seed as simulated, and as many of one adverse world of each seed. The "
        "truth is the limit of the calculation: the mean of the other redraws.",
        _markdown_table(
            ("quantity", "world", "stated, %", "held, %", "lowest, %", "below 88 %", "mean width"),
            ("---", "---", "---:", "---:", "---", "---:", "---:"),
            recovery_comparing.comparing_rows(results, names),
        ),
        "Probabilities of fifths, by the tenth in which they lie.",
        _markdown_table(
            ("world", "stated within", "stated, %", "held, %", "cells"),
            ("---", "---", *["---:"] * 3),
            recovery_comparing.fifth_rows(results),
        ),
        "## The end of follow-up and the years of permit",
        f"Coefficients of the Cox models less the simulated ones, followed until the data end and "
        f"{recovery_years.EARLIER} weeks less (`follow_up_ends_weeks_before_data`).",
        _markdown_table(
            ("sex", "permit year", "bias, to the end", "held, %", "bias, earlier", "held, %"),
            ("---", *["---:"] * 5),
            recovery_years.year_rows(results),
        ),
        "## Expenditure and its relation to the result",
        f"{recovery_second_stage.REDRAWS} redraws of each seed under each law of the years.",
        _markdown_table(
            (
                "95 % intervals",
                "years",
                "stated, %",
                "held, %",
                "lowest, %",
                "below 88 %",
                "mean width",
            ),
            ("---", "---", "---:", "---:", "---", "---:", "---:"),
            recovery_second_stage.second_stage_rows(results, names),
        ),
        *_frontier_parts(results, names),
    ]


def _frontier_parts(results, names):
    """What the frontiers' intervals and tests held; paragraphs and tables."""
    return [
        "## Frontiers",
        f"{recovery_frontier.WORLDS_OF_A_SEED} worlds of each seed, side and kind, with inefficiency "
        "planted, a little of it, or none: how often the frontier ends at a corner (`boundary`), and how "
        "often the test finds inefficiency.",
        _markdown_table(
            ("side", "inefficiency", "worlds", "sigma_u = 0, %", "sigma_v = 0, %", "found, %"),
            ("---", "---", *["---:"] * 4),
            recovery_frontier.corner_rows(results),
        ),
        "What the intervals held where there is one: none at sigma_u = 0, no conditional one at sigma_v = 0.",
        _markdown_table(
            ("side", "inefficiency", "interval", "stated, %", "held, %", "lowest, %", "below 88 %",
             "mean width"),
            ("---", "---", "---", "---:", "---:", "---", "---:", "---:"),
            recovery_frontier.coverage_rows(results, names),
        ),
        "Tests of no inefficiency at 5 %, where there is none.",
        _markdown_table(
            ("test", "nulls a side", *(f"{side}, % rejected" for side in frontier.MODELS)),
            ("---", "---:", "---:", "---:"),
            recovery_frontier.size_rows(results),
        ),
    ]  # fmt: skip


def _section(results):
    """The part of the page that a run writes; Markdown without dates and times."""
    criteria, estimates, truths = frames(results)
    table = deviations(estimates, truths)
    draws = int(estimates["draw"].max())
    seeds = [found["seed"] for found in results]
    effect = truths[truths["kind"] == "effect"].set_index(["seed", "name"])["value"]
    redrawn = estimates[(estimates["part"] == "indicator") & (estimates["draw"] > 0)]
    apart = 100 * (redrawn.groupby(["seed", "name"])["estimate"].mean() - effect)
    places = municipalities()
    names = dict(zip(places.code.astype(str), places.name, strict=True))
    coverages = _markdown_table(
        ("95 % intervals", "drawn", "truth", "each", "coverage, %", "lowest-highest",
         "truth below / above, %", "mean z", "SD of z"),
        ("---", "---", "---", *["---:"] * 6),
        _coverage_rows(table),
    )  # fmt: skip
    return "\n\n".join(
        [
            f"Seeds {seeds[0]} to {seeds[-1]} ({len(seeds)}); {draws} redraws of each. {verdict(results)}",
            "## The criteria by seed",
            _markdown_table(("seed", "met", "not met"), ("---:", "---:", "---"), _seed_rows(criteria)),
            "## The seeds by criterion",
            _markdown_table(
                ("criterion", "what is measured", "must be", "measured", "met in"),
                ("---", "---", "---", "---", "---:"),
                _criterion_rows(criteria),
            ),
            "## Coverage",
            coverages,
            f"On average limits of the indicators lie {apart.mean():+.1f} % from what effects alone make, "
            f"with a standard deviation of {apart.std(ddof=0):.1f} points over municipalities and seeds.",
            "## Bias by municipality",
            f"The {FARTHEST} municipalities whose limit lies farthest from the effect alone, on average over "
            "the seeds, and the largest one.",
            _markdown_table(
                ("municipality", "effect alone, %", "limit, %", "bias, points"),
                ("---", "---:", "---:", "---:"),
                _bias_rows(effect, redrawn, names),
            ),
            *_held_parts(results, names, draws),
            "## The terms farthest from the simulated coefficients",
            _markdown_table(
                ("sex", "term", "mean z, redrawn", "coverage, %", "mean z, built", "coverage, %"),
                ("---", "---", *["---:"] * 4),
                _worst_rows(table),
            ),
        ]
    )


def write_page(page: Path, results: list[dict]) -> None:
    """Write the section between the markers of a page.

    Raises
    ------
    ValueError
        If the page lacks the markers.
    """
    text = page.read_text(encoding="utf-8")
    head, begin, rest = text.partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{page} lacks the lines '{BEGIN}' and '{END}' between which the results belong")
    page.write_text(f"{head}{BEGIN}\n\n{_section(results)}\n\n{END}{tail}", encoding="utf-8")
