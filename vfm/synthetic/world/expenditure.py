"""What is spent on the persons of a world: the national totals, and what each municipality spends.

The national totals give Tables 4.1 and 4.2; what each municipality spends per person is `spending`'s.
"""

import numpy as np
import pandas as pd
from scipy.optimize import linprog

from vfm.synthetic.world import calendar, constants
from vfm.synthetic.world.classifications import Municipalities, municipalities, published
from vfm.synthetic.world.population import completed_years
from vfm.synthetic.world.residence import Residence, programme_days
from vfm.synthetic.world.spending import Positions, spend
from vfm.synthetic.world.streams import stream
from vfm.synthetic.world.world import MunicipalTruth, World

YEARS = np.arange(2011, 2016)
HALF_PRINTED_UNIT = 0.05  # the tables print one decimal of a million kroner


def programme_sums(world: World, residence: Residence) -> pd.DataFrame:
    """Persons under the programme by municipality and year and what they add up to; sums over worlds add up.

    Returns
    -------
    pandas.DataFrame
        Index place, year: person_days, persons and, by term `share_*` of Table 5.1, the person-days that it
        is true of.
    """
    days = programme_days(world, residence)
    people = world.persons
    person = days["person"].to_numpy()
    age = completed_years(
        people["birth_day"].to_numpy()[person], calendar.new_years_eve(days["year"].to_numpy())
    )
    shares = {"share_under_25": age < 25, "share_refugees": (people["group"] == "refugee").to_numpy()[person]}
    for term in published("table_5_1")["term"].unique():
        level = term.removeprefix("share_")
        if term.startswith("share_danish_education_"):
            shares[term] = (people["danish_education"] == level.removeprefix("danish_education_")).to_numpy()[
                person
            ]
        elif term.startswith("share_") and term not in shares:
            in_region = (people["world_region"] == level).to_numpy()
            in_group = (people["country_group"] == level).to_numpy()
            shares[term] = (in_group if in_group.any() and not in_region.any() else in_region)[person]
    weight = days["person_days"].to_numpy()
    frame = days[["place", "year", "person_days"]].assign(
        persons=1, **{term: values * weight for term, values in shares.items()}
    )
    return frame.groupby(["place", "year"], sort=True).sum()


def composition_of(sums: pd.DataFrame) -> pd.DataFrame:
    """Persons under the programme by municipality and year, and their person-day weighted composition.

    Parameters
    ----------
    sums : DataFrame
        See `programme_sums`.

    Returns
    -------
    pandas.DataFrame
        place, year, persons, full_year_persons and the `share_*` terms of Table 5.1.
    """
    cells = sums.reset_index()
    for term in cells.filter(like="share_"):
        cells[term] = cells[term] / cells["person_days"]
    cells["full_year_persons"] = cells["person_days"] / calendar.days_in_year(cells["year"].to_numpy())
    return cells


def national_totals() -> pd.DataFrame:
    """Unrounded national totals behind Tables 4.1 and 4.2, in million kr. and 2015 prices.

    The printed lines are sums of each other only before rounding, so each year's totals are the point that
    stays furthest inside the rounding interval of every printed line.

    Returns
    -------
    pandas.DataFrame
        Index year; one column per programme grouping (net of payments), and programme_payments, other_gross,
        other_payments, state_refund, other_income.

    Raises
    ------
    ValueError
        If no totals reproduce every printed decimal of a year.
    """
    lines = published("table_4_1").set_index(["scope", "line", "year"])["million_dkk_2015_prices"]
    groupings = published("table_4_2").set_index(["grouping", "year"])["million_dkk_2015_prices"]
    names = sorted({grouping for grouping, _ in groupings.index})
    columns = [*names, "programme_payments", "other_gross", "other_payments", "state_refund", "other_income"]
    programme = {name: 1 for name in names}
    other = {"other_gross": 1}
    identities = {
        ("programme", "gross_net_of_payments"): programme,
        ("programme", "payments_from_municipalities"): {"programme_payments": 1},
        ("programme", "gross"): {**programme, "programme_payments": -1},
        ("other", "gross"): other,
        ("other", "payments_from_municipalities"): {"other_payments": 1},
        ("other", "gross_net_of_payments"): {**other, "other_payments": 1},
        ("total", "gross"): {**programme, "programme_payments": -1, **other},
        ("total", "payments_from_municipalities"): {"programme_payments": 1, "other_payments": 1},
        ("total", "gross_net_of_payments"): {**programme, **other, "other_payments": 1},
        ("total", "state_refund"): {"state_refund": 1},
        ("total", "other_income"): {"other_income": 1},
        ("total", "net"): {**programme, **other, "other_payments": 1, "state_refund": 1, "other_income": 1},
    }
    rows = []
    for year in YEARS:
        constraints = [(identities[scope, line], lines[scope, line, year]) for scope, line in identities]
        constraints += [({name: 1}, groupings[name, year]) for name in names]
        rows.append(_inside_the_rounding(columns, constraints, year))
    return pd.DataFrame(rows, index=YEARS, columns=columns)


def _inside_the_rounding(columns, constraints, year):
    """Totals of one year whose lines are furthest inside the rounding intervals; printed zeros stay zero."""
    upper, bounds, limits = [], [], []
    zero = {next(iter(terms)) for terms, printed in constraints if len(terms) == 1 and printed == 0}
    for terms, printed in constraints:
        if printed == 0:
            continue
        row = np.array([terms.get(column, 0.0) for column in columns] + [0.0])
        slack = np.zeros(len(row))
        slack[-1] = 1.0
        upper += [row + slack, -row + slack]
        bounds += [printed + HALF_PRINTED_UNIT, -printed + HALF_PRINTED_UNIT]
    limits = [(0, 0) if column in zero else (None, None) for column in columns] + [(0, HALF_PRINTED_UNIT)]
    goal = np.zeros(len(columns) + 1)
    goal[-1] = -1.0
    solution = linprog(goal, A_ub=np.array(upper), b_ub=np.array(bounds), bounds=limits, method="highs")
    if not solution.success or solution.x[-1] < 0.005:
        raise ValueError(f"no unrounded totals give the printed decimals of {year}")
    return solution.x[:-1]


def municipal_expenditure(
    municipal: MunicipalTruth, positions: Positions | None, composition: pd.DataFrame, shards: int = 1
) -> pd.DataFrame:
    """What each municipality spends in each year: the truth behind the accounts.

    Spending per person is that of one world, whatever the number of worlds.

    Parameters
    ----------
    municipal : world.MunicipalTruth
    positions : tuple or None
        See `spending.benchmark_positions`; of shard 0.
    composition : DataFrame
        See `composition_of`; of the persons of all worlds.
    shards : int
        Number of worlds that the composition adds up.

    Returns
    -------
    pandas.DataFrame
        The composition with predicted_dkk (model 3 with coefficients near the printed ones) and actual_dkk,
        both per full-year person, and municipality_code.
    """
    places = municipalities(municipal.scale)
    national = national_totals().filter(regex=r"^\d").sum(axis=1) * 1e6
    indicators = expenditure_indicators(municipal.seed, places)
    need = composition.copy()
    need["predicted_dkk"], need["actual_dkk"] = spend(
        municipal.seed, places, composition, national, indicators, positions, shards
    )
    need["municipality_code"] = places.code[need["place"]].astype(str)
    return need


def expenditure_indicators(seed: int, places: Municipalities) -> np.ndarray:
    """Expenditure indicator of each municipality; the quintile mean of Table 5.2 and a spread around it.

    They are known before anyone is settled: the municipal effects on the hazard may follow them.

    Parameters
    ----------
    seed : int
    places : classifications.Municipalities

    Returns
    -------
    (98,) float array
        1 where the report prints none.
    """
    rng = stream(seed, "expenditure indicators")
    members = published("table_5_2_members").set_index("municipality_code")["quintile"]
    means = published("table_5_2").set_index("quintile")["mean_expenditure_indicator"]
    code = places.code.astype(str)
    quintile = members.reindex(code).to_numpy()
    outlier = code == str(constants.OUTLIER_MUNICIPALITY)
    indicator = np.ones(len(code))
    for number, mean in means.items():
        inside = np.flatnonzero((quintile == number) & ~outlier)
        fixed = constants.OUTLIER_INDICATOR if (quintile[outlier] == number).any() else 0.0
        rest = (mean * (len(inside) + (fixed > 0)) - fixed) / len(inside)
        draw = rng.uniform(-1.0, 1.0, len(inside))
        if number == max(means.index):
            draw = -np.log((1 - draw) / 2 + constants.UPPER_TAIL)
        spread = draw * constants.INDICATOR_SPREAD[int(number) - 1]
        indicator[inside] = rest + spread - spread.mean()
    indicator[outlier] = constants.OUTLIER_INDICATOR
    return indicator
