"""Municipal accounts of function 5.46.60 in Statbank's export form, and the labour-market table.

The national sums give Tables 4.1 and 4.2; what each municipality spends is `spending`'s.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.optimize import linprog

from vfm.synthetic import calendar, constants
from vfm.synthetic.case_mix import labour_market
from vfm.synthetic.classifications import largest_remainder, municipalities, published, read_seed
from vfm.synthetic.population import completed_years
from vfm.synthetic.residence import programme_days
from vfm.synthetic.spending import benchmark_positions, spend
from vfm.synthetic.streams import stream
from vfm.warehouse.provenance import write_accounts_origin

YEARS = np.arange(2011, 2016)
FUNCTION = "54660"
HALF_PRINTED_UNIT = 0.05  # the tables print one decimal of a million kroner
COURSES = ("010", "011")  # groupings that municipalities sell to each other
REGIONS = {
    "Nordjylland": "81",
    "Midtjylland": "82",
    "Syddanmark": "83",
    "Hovedstaden": "84",
    "Sjælland": "85",
}
AREA, YEAR, AMOUNT = "OMRÅDE", "TID", "INDHOLD"
KEYS_100 = [AREA, "FUNKTION", "DRANST", "EJER", "GRUPPERING", "ART", "PRISENHED", YEAR]
KEYS_31 = [AREA, "FUNKTION", "DRANST", "ART", "PRISENHED", YEAR]


@dataclass
class Accounts:
    """The accounts and what they were made of.

    Attributes
    ----------
    regk100, regk31 : DataFrame
        Statbank's columns; amounts in whole 1,000 kr., current prices.
    need : DataFrame
        Truth by municipality and year: persons, full_year_persons, predicted_dkk (model 3 with coefficients
        near the printed ones) and actual_dkk per full-year person.
    """

    regk100: pd.DataFrame
    regk31: pd.DataFrame
    need: pd.DataFrame


def build(world, residence):
    """The accounts of a world; see `Accounts`."""
    return book(world, positions_of(world), composition_of(programme_sums(world, residence)))


def positions_of(world):
    """What the accounts ask of the spells: `spending.benchmark_positions`, None where not at scale 1."""
    return benchmark_positions(world) if world.scale == 1 else None


def book(world, positions, composition, shards=1):
    """The accounts of the persons of several worlds of one size in the same municipalities.

    Spending per person is that of one such world, whatever their number: the national totals are those of
    the tables times the number of worlds.

    Parameters
    ----------
    world : world.World or world.MunicipalTruth
        Shard 0 or what is true of its municipalities: its seed and scale.
    positions : tuple or None
        See `positions_of`; of shard 0.
    composition : DataFrame
        See `composition_of`; of all persons.
    shards : int
        Number of the worlds.
    """
    places = municipalities(world.scale)
    totals = national_totals()
    need = _spending(world.seed, places, composition, totals, positions, shards)
    cells = _cells(world.seed, places, need, shards * totals)
    regk100 = _with_area_totals(cells, places, KEYS_100)
    regk31 = regk100.groupby(KEYS_31, as_index=False, sort=True)[AMOUNT].sum()
    return Accounts(regk100=regk100, regk31=regk31, need=need)


def programme_sums(world, residence):
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


def composition_of(sums):
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


def national_totals():
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


def _spending(seed, places, composition, totals, positions, shards):
    """Programme expenditure by municipality and year, in kr. of 2015; columns of `Accounts.need`."""
    need = composition.copy()
    national = totals.filter(regex=r"^\d").sum(axis=1) * 1e6
    indicators = expenditure_indicators(seed, places)
    need["predicted_dkk"], need["actual_dkk"] = spend(
        seed, places, composition, national, indicators, positions, shards
    )
    need["municipality_code"] = places.code[need["place"]].astype(str)
    return need


def expenditure_indicators(seed, places):
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


def _cells(seed, places, need, totals):
    """Cells of REGK100 by municipality, without area totals; zero cells are left out."""
    rng = stream(seed, "accounts")
    index = read_seed("classifications/price_index").set_index("year")["index_2015_100"].astype(float)
    groupings = [column for column in totals.columns if column[0].isdigit()]
    taste = np.exp(rng.normal(0, constants.GROUPING_SPREAD, (len(places.code), len(groupings))))
    hosts = np.zeros(len(places.code))
    chosen = rng.permutation(len(places.code))[: round(constants.PAYMENT_HOSTS * len(places.code))]
    hosts[chosen] = places.population[chosen]
    size = places.population * np.exp(rng.normal(0, 0.3, len(places.code)))
    cells = []
    for year in YEARS:
        price = index[str(year)] / 100 * 1000  # million kr. of 2015 to 1,000 kr. of the year
        budget = need[need["year"] == year].set_index("place")
        spent = (
            (budget["actual_dkk"] * budget["full_year_persons"]).reindex(range(len(places.code))).fillna(0)
        )
        national = totals.loc[year, groupings].to_numpy()
        net = _fit_margins(taste * national, spent.to_numpy() / 1e6, national)
        paid = {
            name: -totals.loc[year, "programme_payments"] * share
            for name, share in zip(COURSES, (0.8, 0.2), strict=True)
        }
        for column, grouping in enumerate(groupings):
            amount = (
                largest_remainder(net[:, column], round(national[column] * price)) if national[column] else 0
            )
            income = largest_remainder(hosts, round(paid.get(grouping, 0.0) * price))
            cells += _booked(
                rng, places, year, grouping, amount + income, income, constants.PRIVATE.get(grouping, 0.0)
            )
        cells += _other_cells(rng, places, year, totals.loc[year] * price, size, hosts)
    frame = pd.DataFrame(cells, columns=[AREA, YEAR, "GRUPPERING", "DRANST", "EJER", "ART", AMOUNT])
    frame["FUNKTION"], frame["PRISENHED"] = FUNCTION, "LOBM"
    frame = frame.groupby(KEYS_100, as_index=False, sort=True)[AMOUNT].sum()
    return frame[frame[AMOUNT] != 0]


def _fit_margins(start, rows, columns):
    """Iterative proportional fitting of a matrix to row and column sums."""
    cells = start.copy()
    for _ in range(100):
        with np.errstate(invalid="ignore", divide="ignore"):
            cells = cells * np.nan_to_num(rows / cells.sum(axis=1))[:, None]
            cells = cells * np.nan_to_num(columns / cells.sum(axis=0))[None, :]
    return cells


def _booked(rng, places, year, grouping, gross, income, private_share):
    """Rows of one programme grouping and year: gross expenditure by owner, payments and net (dranst 1)."""
    gross = gross + np.zeros(len(places.code), dtype=np.int64)
    private = np.floor(gross * np.clip(private_share * rng.uniform(0.3, 1.7, len(gross)), 0, 1)).astype(
        np.int64
    )
    own = gross - private
    rows = []
    for k, code in enumerate(places.code.astype(str)):
        key = (code, year, str(int(grouping)), "1")
        rows += [(*key, "1", "UE", own[k]), (*key, "1", "I", -income[k]), (*key, "1", "77", -income[k])]
        rows += [
            (*key, "1", "TOT", own[k] - income[k]),
            (*key, "4", "UE", private[k]),
            (*key, "4", "TOT", private[k]),
        ]
    return rows


def _other_cells(rng, places, year, thousand, size, hosts):
    """Rows outside the programme groupings, other income and state refund, in 1,000 kr. of the year."""
    rows = []
    zero = np.zeros(len(places.code), dtype=np.int64)
    gross_left, pay_left = round(thousand["other_gross"]), round(-thousand["other_payments"])
    extra_total, refund_total = round(-thousand["other_income"]), round(-thousand["state_refund"])
    gross = dict(
        zip(
            constants.OTHER_GROSS,
            largest_remainder(list(constants.OTHER_GROSS.values()), gross_left),
            strict=True,
        )
    )
    extra = dict(
        zip(
            constants.OTHER_INCOME,
            largest_remainder(list(constants.OTHER_INCOME.values()), extra_total),
            strict=True,
        )
    )
    for grouping in constants.OTHER_GROSS:
        weight = size * np.exp(rng.normal(0, 0.4, len(size)))
        payments = largest_remainder(hosts, pay_left) if grouping == "012" else zero
        # hosts spend what they are paid for, and everyone something for the own residents
        spent = payments + largest_remainder(weight, gross[grouping] - payments.sum())
        other = largest_remainder(weight, extra.get(grouping, 0))
        for k, code in enumerate(places.code.astype(str)):
            key = (code, year, str(int(grouping)), "1", "1")
            rows += [(*key, "UE", spent[k]), (*key, "I", -payments[k] - other[k]), (*key, "77", -payments[k])]
            rows += [(*key, "79", -other[k]), (*key, "TOT", spent[k] - payments[k] - other[k])]
    refunds = largest_remainder(list(constants.REFUNDED.values()), refund_total)
    for grouping, total in zip(constants.REFUNDED, refunds, strict=True):
        refund = largest_remainder(size * np.exp(rng.normal(0, 0.3, len(size))), total)
        for k, code in enumerate(places.code.astype(str)):
            key = (code, year, str(int(grouping)), "2", "1")
            rows += [(*key, "I", -refund[k]), (*key, "86", -refund[k]), (*key, "TOT", -refund[k])]
    return rows


def _with_area_totals(cells, places, keys):
    """The cells with the rows of the whole country (0) and the regions (81-85) that Statbank exports too."""
    region = dict(zip(places.code.astype(str), [REGIONS[name] for name in places.region], strict=True))
    parts = [cells, cells.assign(**{AREA: "0"}), cells.assign(**{AREA: cells[AREA].map(region)})]
    frame = pd.concat(parts, ignore_index=True)
    return frame.groupby(keys, as_index=False, sort=True)[AMOUNT].sum()


def write_accounts(folder, accounts, origin):
    """Write regk100, regk31 and labour_market in Statbank's form, and where they are from.

    Returns rows and bytes of each table.
    """
    folder.mkdir(parents=True, exist_ok=True)
    labour = labour_market()
    labour.columns = [
        AREA,
        YEAR,
        "LEDIGHEDSPROCENT",
        "ARBEJDSPLADSER_PR_18_64",
        "ARBEJDSPLADSER_MELLEMHOEJT_PROCENT",
    ]
    frames = {
        "regk31": accounts.regk31[[*KEYS_31, AMOUNT]],
        "regk100": accounts.regk100[[*KEYS_100, AMOUNT]],
        "labour_market": labour,
    }
    written = []
    for name, frame in frames.items():
        path = folder / f"{name}.csv"
        frame.to_csv(path, sep=";", index=False, lineterminator="\n", encoding="utf-8")
        written.append({"register": name, "files": 1, "rows": len(frame), "bytes": path.stat().st_size})
    write_accounts_origin(folder, origin, dict.fromkeys(labour[YEAR], origin))
    return written
