"""What an analyst would find in a world: the report's tables on spells, without the detour over registers.

Calibration and recovery look at many worlds; a world and its tables take seconds this way, registers and
dbt a minute. Only the truth of the spells is read, which the warehouse rebuilds to the last week.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from vfm.statistics import cox, indicator
from vfm.statistics.normal import Z_975
from vfm.synthetic.world import calendar, case_mix, constants, expenditure, residence, truth
from vfm.synthetic.world.classifications import published
from vfm.synthetic.world.histories import WINDOW_WEEKS
from vfm.synthetic.world.world import World

SEX, GROUP = ("men", "women", "all"), ("refugee", "family_reunified", "all")


@dataclass
class Tables:
    """Counts, durations and indicators of a world.

    Attributes
    ----------
    counts : DataFrame
        Index (table, group, outcome): spells. Tables 2.1 and 2.2.
    durations : DataFrame
        Index (table, group): weeks, unfinished ones to the window's end; success_weeks.
    municipalities : DataFrame
        Index municipality code: spells, successes; expected, observed, indicator where benchmarked.
    coefficients : DataFrame
        As `cox.coefficients_table`.
    """

    counts: pd.DataFrame
    durations: pd.DataFrame
    municipalities: pd.DataFrame
    coefficients: pd.DataFrame


def measured_tables(world: World) -> Tables:
    """Count and estimate in a world what the report's tables hold.

    Parameters
    ----------
    world : world.World

    Returns
    -------
    Tables
    """
    return _tables(world, truth.cox_input(world))


def _tables(world, rows):
    """The tables of a world whose `truth.cox_input` is known."""
    spells = world.history.spells
    person = spells["person"].to_numpy()
    window_end = world.persons["start_week"].to_numpy()[person] + WINDOW_WEEKS
    frame = pd.DataFrame(
        {
            "sex": rows["sex"],
            "group": world.persons["group"].to_numpy()[person],
            "outcome": spells["outcome"],
            "benchmarked": rows["is_benchmarked"],
            "weeks": rows["duration_weeks"],
            "success": rows["is_success"],
            "counted": np.where(
                spells["exit_reason"] == "data_end", window_end - spells["start"], rows["duration_weeks"]
            ),
        }
    )
    counts, durations = {}, {}
    for table, column, groups in (("2_1", "sex", SEX), ("2_2", "group", GROUP)):
        for group in groups:
            part = frame if group == "all" else frame[frame[column] == group]
            for outcome in ("success", "left", "unfinished"):
                counts[table, group, outcome] = int((part["outcome"] == outcome).sum())
            counts[table, group, "total"] = len(part)
            part = part[part["benchmarked"]]
            durations[table, group] = (part["counted"].mean(), part.loc[part["success"], "weeks"].mean())
    place = frame.assign(code=rows["municipality_code"]).groupby("code")["success"].agg(["size", "sum"])
    municipalities = place.set_axis(["spells", "successes"], axis=1)
    fits = list(cox.by_sex(rows))
    u = indicator.uncertainty(rows, fits=fits)
    found = pd.DataFrame(
        {
            "expected": u.expected,
            "observed": u.observed,
            "indicator": u.indicator,
            "standard_error": u.standard_errors,
        },
        index=u.municipalities,
    )
    return Tables(
        counts=pd.Series(counts, name="spells").to_frame(),
        durations=pd.DataFrame(durations, index=["weeks", "success_weeks"]).T,
        municipalities=municipalities.join(found),
        coefficients=cox.coefficients_table(fits),
    )


def benchmark_figures(municipalities: pd.DataFrame) -> dict:
    """What Tables 3.1, 3.2 and 5.3 say of the benchmarked municipalities, by a short name.

    Parameters
    ----------
    municipalities : DataFrame
        As `Tables.municipalities`.

    Returns
    -------
    dict
        Name to float: weeks, or numbers of municipalities above and below 1.
    """
    ranked = municipalities.dropna().sort_values("indicator", ascending=False)
    sizes = published("table_5_2")["municipalities"].to_numpy(dtype=float)
    bounds = np.round(len(ranked) * sizes.cumsum() / sizes.sum()).astype(int)
    fifth = np.searchsorted(bounds, np.arange(len(ranked)), side="right") + 1
    unexplained = ranked["expected"] - ranked["observed"]
    z = np.log(ranked["indicator"]) * ranked["indicator"] / ranked["standard_error"]
    figures = {
        "observed mean": ranked["observed"].mean(),
        "sd": ranked["observed"].std(),
        "unexplained mean": unexplained.mean(),
        "unexplained sd": unexplained.std(),
        "above": float((z > Z_975).sum()),
        "below": float((z < -Z_975).sum()),
    }
    for number, members in ranked.groupby(fifth):
        for column in ("indicator", "observed", "expected"):
            figures[f"{column} {number}"] = members[column].mean()
    return figures


def calibration_figures(world: World) -> dict:
    """What `calibration` compares with the print, and more of the same.

    The arrays are named as in `calibration.printed_targets`. Beyond these there are persons, spells and
    full-year persons (2011-2015) of the groups and permit years, means of the covariates over the successes,
    the printed errors of the coefficients, the mean of the municipal effects over the successes, and
    `benchmark_figures`.
    """
    rows = truth.cox_input(world)
    found = _tables(world, rows)
    spells = world.history.spells
    cell = _group_and_year(world.persons)
    days = residence.programme_days(world, residence.residence_of(world))
    full_year = np.zeros((len(cell.categories), len(expenditure.YEARS)))
    year = days["year"].to_numpy()
    at = (cell.codes[days["person"].to_numpy()], year - expenditure.YEARS[0])
    np.add.at(full_year, at, days["person_days"].to_numpy() / calendar.days_in_year(year))
    order = [(sex, term) for sex in SEX[:2] for term in case_mix.term_names()]
    printed = published("appendix_table_6_1").set_index(["sex", "term"])["standard_error"].replace("", np.nan)
    fit = found.coefficients.set_index(["sex", "term"])["coefficient"]
    rows = rows[rows["is_success"]]
    counts = found.counts["spells"]
    return {
        **{f"sex_{name}": _counts(counts, "2_1", SEX[:2], name) for name in ("success", "left", "total")},
        **{f"group_{name}": _counts(counts, "2_2", GROUP[:2], name) for name in ("success", "left", "total")},
        "success_weeks": found.durations.loc["2_1"].loc[list(SEX[:2]), "success_weeks"].to_numpy(),
        "weeks": found.durations.loc["2_1"].loc[list(SEX[:2]), "weeks"].to_numpy(),
        "full_year_persons": full_year.sum(axis=0),
        "cell_persons": np.bincount(cell.codes, minlength=len(cell.categories)).astype(float),
        "cell_spells": np.bincount(cell.codes[spells["person"]], minlength=len(cell.categories)).astype(
            float
        ),
        "cell_full_year_persons": full_year,
        "coefficients": fit.reindex(order).to_numpy().reshape(2, -1),
        "printed_errors": printed.astype(float).reindex(order).to_numpy().reshape(2, -1),
        "term_means": rows.groupby("sex")[case_mix.term_names()].mean().loc[list(SEX[:2])].to_numpy(),
        "mean_effect": np.average(
            world.effects, weights=world.places.full_spells * world.places.success_share
        ),
        "benchmark": pd.Series(benchmark_figures(found.municipalities)),
    }


def _counts(counts, table, groups, outcome):
    """Spells of some groups with an outcome; (2,) float array."""
    return np.array([counts[table, group, outcome] for group in groups], dtype=float)


def _group_and_year(persons):
    """Group and permit year of each person; Categorical in the order of the fitted numbers."""
    cells = [(group, year) for group, years in constants.PERSONS_BY_PERMIT_YEAR.items() for year in years]
    pairs = zip(persons["group"], persons["permit_year"], strict=True)
    return pd.Categorical(list(pairs), categories=pd.Index(cells, tupleize_cols=False))
