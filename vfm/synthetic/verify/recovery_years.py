"""What the end of follow-up does to the effects of late permit years, for make recovery.

In the last `success_weeks - 1` weeks of the data no success can begin, yet spells stay at risk: the hazard
of late arrivals is read too low (DECISIONS.md S14). Each redraw is fitted with both ends of follow-up.
"""

import pandas as pd

from vfm.statistics import cox
from vfm.statistics.normal import Z_975
from vfm.synthetic.verify.recovery_held import of_all_seeds
from vfm.synthetic.world import case_mix, truth
from vfm.synthetic.world.histories import SUCCESS_WEEKS
from vfm.synthetic.world.world import World

EARLIER = SUCCESS_WEEKS - 1
TERM = "permit_year_"
COLUMNS = ["sex", "year", "weeks_not_followed", "deviation", "error"]


def year_deviations(world: World, coefficients: pd.DataFrame) -> pd.DataFrame:
    """Estimates of the permit years less the simulated coefficients, with both ends of follow-up.

    Parameters
    ----------
    world : world.World
        A redraw.
    coefficients : DataFrame
        Rows of cox_coefficients of its spells, followed until the end of the data.

    Returns
    -------
    DataFrame
        sex, year, weeks_not_followed (0 or `EARLIER`), deviation (log hazard) and error (clustered).
    """
    fits = list(cox.by_sex(truth.cox_input(world, weeks_not_followed=EARLIER)))
    parts = []
    for weeks, table in ((0, coefficients), (EARLIER, cox.coefficients_table(fits))):
        own = table[(table["status"] == "estimated") & table["term"].str.startswith(TERM)]
        simulated = {sex: case_mix.hazard_coefficients()[sex] for sex in own["sex"].unique()}
        true = [float(simulated[sex][term]) for sex, term in zip(own["sex"], own["term"], strict=True)]
        parts.append(
            pd.DataFrame(
                {
                    "sex": own["sex"],
                    "year": own["term"].str.removeprefix(TERM).astype(int),
                    "weeks_not_followed": weeks,
                    "deviation": own["coefficient"] - true,
                    "error": own["standard_error"],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)[COLUMNS]


def year_rows(results: list[dict]) -> list[tuple[str, ...]]:
    """Rows of the table of docs/recovery.md: sex, year, then bias and coverage with either end of follow-up.

    Parameters
    ----------
    results : list of dict
        See `recovery_seed.measure_seed`; those without `years` are left out.
    """
    table = of_all_seeds(results, "years")
    if not len(table):
        return []
    table["held"] = table["deviation"].abs() <= Z_975 * table["error"]
    found = table.groupby(["sex", "year", "weeks_not_followed"]).agg(
        bias=("deviation", "mean"), held=("held", "mean")
    )
    rows = []
    for sex, year in sorted({(sex, year) for sex, year, _ in found.index}):
        cells = [
            text
            for weeks in (0, EARLIER)
            for text in (
                f"{found.loc[(sex, year, weeks), 'bias']:+.2f}",
                f"{100 * found.loc[(sex, year, weeks), 'held']:.0f}",
            )
        ]
        rows.append((sex, str(year), *cells))
    return rows
