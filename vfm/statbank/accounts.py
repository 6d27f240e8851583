"""REGK31 and REGK100 of the programme in the form of the seeds, judged by the warehouse's own tests."""

import re
from collections.abc import Iterable

import duckdb
import pandas as pd

from vfm.statbank import StatbankError
from vfm.statbank.tables import AMOUNT, AREA, EVERY, YEAR
from vfm.warehouse import dbt_sql
from vfm.warehouse.paths import PROJECT

FUNCTION = "54660"
WORDS = "REGKC"  # the cells of REGK100 with words, from 2018 on
FIRST_WORDS = 2018
STAGING = "models/staging/statbank/stg_statbank__accounts_by_{}.sql"


def years() -> list[int]:
    """Return the years of the accounts, as texts."""
    variables = dbt_sql.variables()
    return [
        str(year)
        for year in range(variables["first_expenditure_year"], variables["last_expenditure_year"] + 1)
    ]


def functions() -> list[str]:
    """Return the functions that hold a part of the programme in a year of the accounts, 5.46.60 first."""
    groupings = read_groupings()
    groupings = groupings[groupings["scope"] == "programme"]
    first, last = (pd.Timestamp(f"{year}-01-01") for year in (years()[0], years()[-1]))
    held = (groupings["valid_from"].isna() | (groupings["valid_from"] <= last)) & (
        groupings["valid_to"].isna() | (groupings["valid_to"] >= first)
    )
    return sorted(set(groupings.loc[held, "function_code"]))


def wanted() -> dict[str, dict]:
    """Return what is asked of each table, {table in small letters: {column: codes}}."""
    both = {AREA: EVERY, "FUNKTION": functions(), "DRANST": EVERY}
    rest = {"ART": EVERY, "PRISENHED": ["LOBM"]}
    return {"regk31": both | rest, "regk100": both | {"EJER": EVERY, "GRUPPERING": EVERY} | rest}


def as_seed(answer: pd.DataFrame) -> pd.DataFrame:
    """Return an answer as the seed holds it: sorted by its columns, without cells that are 0.

    A streamed answer leaves cells of 0 out and the warehouse sums what is there, so a row of 0 says nothing;
    without them the same accounts are the same file, whether or not zeros were sent.
    """
    keys = [column for column in answer if column != AMOUNT]
    return answer[answer[AMOUNT].astype(float) != 0].sort_values(keys, ignore_index=True)


def check(
    regk31: pd.DataFrame, regk100: pd.DataFrame, municipalities: Iterable[str]
) -> list[tuple[str, int]]:
    """Judge the two tables by what the build will ask of them.

    Parameters
    ----------
    regk31, regk100 : pandas.DataFrame
        From `as_seed`.
    municipalities : pandas.DataFrame
        The seed.

    Returns
    -------
    list of (area, year)
        Municipalities without a row in a year, to which the accounts book nothing.

    Raises
    ------
    StatbankError
        If a municipality or a year is absent, an area is unknown, or the two tables do not agree.
    """
    known = list(municipalities["municipality_code"])
    for name, frame in {"REGK31": regk31, "REGK100": regk100}.items():
        if absent := sorted(set(known) - set(frame[AREA])):
            raise StatbankError(
                f"table {name} has no row of {len(absent)} of {len(known)} municipalities, for example "
                f"{absent[0]}"
            )
        if absent := sorted(set(years()) - set(frame[YEAR])):
            raise StatbankError(f"table {name} has no row of {', '.join(absent)}")
    with duckdb.connect() as con:
        con.execute("create schema classifications; create schema staging")
        groupings = read_groupings()
        seeds = {"municipalities": municipalities, "account_groupings": groupings}
        for name, frame in {"regk31": regk31, "regk100": regk100, **seeds}.items():
            con.register("frame", frame)
            con.execute(f"create table classifications.{name} as select * from frame")
        for level in ("function", "grouping"):
            sql = dbt_sql.render(PROJECT / STAGING.format(level))
            con.execute(f"create view staging.stg_statbank__accounts_by_{level} as {sql}")
        for name in ("regk31", "regk100"):
            found = con.execute(dbt_sql.render(PROJECT / f"tests/statbank/{name}.sql")).fetchall()
            for _, _, column, _, sentence in found:
                if column == AREA:
                    raise StatbankError(sentence.rstrip("."))
        apart = con.execute(dbt_sql.render(PROJECT / "tests/regk100_adds_up_to_regk31.sql")).fetchall()
        if apart:
            area, year, dranst, art, fine, coarse = apart[0]
            raise StatbankError(
                f"REGK100 summed over groupings and owners is not REGK31 in {len(apart)} cells, for example "
                f"municipality {area}, {year}, dranst {dranst}, art {art}: {fine or 0:,} and {coarse or 0:,} "
                "DKK; one of the answers is incomplete or the tables were revised in between"
            )
    there = set(zip(regk31[AREA], regk31[YEAR], strict=True))
    return [(area, year) for area in known for year in years() if (area, year) not in there]


def read_groupings() -> pd.DataFrame:
    """Read the seed account_groupings, dates and truth values in their types."""
    frame = pd.read_csv(PROJECT / "seeds/classifications/account_groupings.csv", dtype=str)
    for column in ("valid_from", "valid_to"):
        frame[column] = pd.to_datetime(frame[column])
    return frame.assign(is_placeholder_code=frame["is_placeholder_code"] == "true")


def groupings_in_use(regk100: pd.DataFrame) -> list[tuple[str, str]]:
    """Return function and grouping, padded, of the running operations (dranst 1), in their order."""
    running = regk100[regk100["DRANST"] == "1"]
    return sorted(set(zip(running["FUNKTION"], running["GRUPPERING"].str.zfill(3), strict=True)))


def unmapped_groupings(regk100: pd.DataFrame) -> list[str]:
    """Return the groupings in use that the seed account_groupings does not know, or knows by number only."""
    seed = read_groupings()
    seed = seed[~seed["is_placeholder_code"]]
    known = set(zip(seed["function_code"], seed["grouping"], strict=True))
    in_use = groupings_in_use(regk100)
    return [f"{function}/{grouping}" for function, grouping in in_use if (function, grouping) not in known]


def words(info: dict) -> dict[tuple[str, str], str]:
    """Return what REGKC calls each grouping of the running operations, {(function, grouping): words}.

    Parameters
    ----------
    info : dict
        Description of REGKC; the values of DRANST1 are dranst, function and grouping in nine digits.
    """
    found = {}
    for variable in info["variables"]:
        for value in variable["values"] if variable["id"].upper() == "DRANST1" else []:
            if code := re.fullmatch(r"1(\d{5})(\d{3})", str(value["id"])):
                found[code[1], code[2]] = str(value.get("text", ""))
    return found
