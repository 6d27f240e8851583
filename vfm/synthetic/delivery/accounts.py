"""Municipal accounts of function 5.46.60 in Statbank's export form, and the labour-market table.

What is spent is decided in `world.expenditure`; here it is booked on accounts.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from vfm.synthetic.world import constants
from vfm.synthetic.world.case_mix import labour_market
from vfm.synthetic.world.classifications import largest_remainder, municipalities, read_seed
from vfm.synthetic.world.expenditure import (
    YEARS,
    composition_of,
    municipal_expenditure,
    national_totals,
    programme_sums,
)
from vfm.synthetic.world.residence import Residence
from vfm.synthetic.world.spending import Positions, benchmark_positions
from vfm.synthetic.world.streams import stream
from vfm.synthetic.world.world import MunicipalTruth, World
from vfm.warehouse.provenance import write_accounts_origin

FUNCTION = "54660"
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
        Truth by municipality and year; see `expenditure.municipal_expenditure`.
    """

    regk100: pd.DataFrame
    regk31: pd.DataFrame
    need: pd.DataFrame


def accounts_of(world: World, residence: Residence) -> Accounts:
    """Book the accounts of one world.

    Parameters
    ----------
    world : world.World
    residence : residence.Residence
        See `residence.residence_of`.

    Returns
    -------
    Accounts
    """
    composition = composition_of(programme_sums(world, residence))
    return book_accounts(world.municipal, benchmark_positions(world), composition)


def book_accounts(
    municipal: MunicipalTruth, positions: Positions | None, composition: pd.DataFrame, shards: int = 1
) -> Accounts:
    """Book what the persons of one or more worlds cost in the same municipalities.

    Spending per person is that of one world, whatever their number. So the national totals are those of the
    printed tables times the number of worlds.

    Parameters
    ----------
    municipal : world.MunicipalTruth
    positions : tuple or None
        See `spending.benchmark_positions`; of shard 0.
    composition : DataFrame
        See `expenditure.composition_of`; of all persons.
    shards : int
        Number of the worlds.

    Returns
    -------
    Accounts
    """
    places = municipalities(municipal.scale)
    need = municipal_expenditure(municipal, positions, composition, shards)
    cells = _cells(municipal.seed, places, need, shards * national_totals())
    regk100 = _with_area_totals(cells, places, KEYS_100)
    regk31 = regk100.groupby(KEYS_31, as_index=False, sort=True)[AMOUNT].sum()
    return Accounts(regk100=regk100, regk31=regk31, need=need)


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


def write_accounts(folder: Path, accounts: Accounts, origin: str) -> list[dict]:
    """Write regk100, regk31 and labour_market in Statbank's form, and where they are from.

    Parameters
    ----------
    folder : pathlib.Path
        Made where it is missing.
    accounts : Accounts
    origin : str
        Where the data are from, in a few words.

    Returns
    -------
    list of dict
        One per table: register, files, rows, bytes.
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
