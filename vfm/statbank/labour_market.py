"""The labour market by commuting area and year, from four live tables."""

from collections.abc import Iterable

import pandas as pd

from vfm.statbank import StatbankError
from vfm.statbank.tables import AMOUNT, AREA, EVERY, PARTS, TOTAL, YEAR, codes
from vfm.warehouse import dbt_sql

SKILLED = ("20", "25")  # SOCIO: employees at the highest and the medium level
COLUMNS = [AREA, YEAR, "LEDIGHEDSPROCENT", "ARBEJDSPLADSER_PR_18_64", "ARBEJDSPLADSER_MELLEMHOEJT_PROCENT"]
AGES = [str(age) for age in range(18, 65)]
WANTED = {
    "AUL01": {"YDELSESTYPE": ["TOT"], "AKASSE": TOTAL, "ALDER": TOTAL, "KØN": TOTAL},
    "RAS400": {"ALDER": TOTAL, "KØN": PARTS},
    "RAS301": {"BRANCHE07": TOTAL, "SOCIO": EVERY, "ALDER": PARTS, "KØN": PARTS},
    "FOLK1A": {"KØN": TOTAL, "ALDER": AGES, "CIVILSTAND": TOTAL},
}


def period(table: str, year: int | str) -> str:
    """Return a table's code of a year; residents are those of 1 January after, a month after RAS."""
    return f"{int(year) + 1}K1" if table == "FOLK1A" else str(year)


def available_years(infos: dict[str, dict]) -> tuple[list[int], list[int]]:
    """Return the permit years that all four tables have, and those they have not, both ascending.

    Parameters
    ----------
    infos : dict
        {table: description}.

    Raises
    ------
    StatbankError
        If no year is in all of them.
    """
    variables = dbt_sql.variables()
    years = range(variables["first_permit_year"], variables["last_permit_year"] + 1)
    there = [
        year
        for year in years
        if all(period(table, year) in codes(info, YEAR) for table, info in infos.items())
    ]
    if not there:
        raise StatbankError(f"tables {', '.join(infos)} have no year of {years[0]}-{years[-1]} in common")
    return there, [year for year in years if year not in there]


def labour_market(answers: dict[str, pd.DataFrame], municipalities: Iterable[str]) -> pd.DataFrame:
    """Compute the three measures of the labour market.

    All are sums over the municipalities of a commuting area (the provinces stand in, DECISIONS.md C10):

    - LEDIGHEDSPROCENT: full-time unemployed of the year, those in activation included (AUL01, YDELSESTYPE
      TOT), in percent of the workforce at the end of November (RAS400, all ages); one decimal.
    - ARBEJDSPLADSER_PR_18_64: employed persons by municipality of the workplace at the end of November
      (RAS301), per resident aged 18-64 on 1 January after (FOLK1A); three decimals. RAS counts a person once.
    - ARBEJDSPLADSER_MELLEMHOEJT_PROCENT: those of RAS301 who are employees at the highest or the medium level
      (SOCIO 20 and 25), in percent of all; one decimal. Managers and the self-employed are in the whole only.

    Parameters
    ----------
    answers : dict
        {table: DataFrame of `tables.read_answer`}, municipalities only.
    municipalities : pandas.DataFrame
        The seed.

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`, a row per commuting area and year.

    Raises
    ------
    StatbankError
        If an area has nobody to divide by.
    """
    area_of = municipalities.set_index("municipality_code")["commuting_area"]

    def total(table, rows=None):
        frame = answers[table] if rows is None else answers[table][rows]
        years = frame[YEAR].str[:4].astype(int) - (table == "FOLK1A")
        return frame[AMOUNT].astype(float).groupby([frame[AREA].map(area_of), years]).sum()

    jobs, workforce, residents = total("RAS301"), total("RAS400"), total("FOLK1A")
    for table, whole in {"RAS301": jobs, "RAS400": workforce, "FOLK1A": residents}.items():
        if (whole <= 0).any():
            area, year = whole[whole <= 0].index[0]
            raise StatbankError(f"table {table} has nobody in {area} in {year}")
    skilled = total("RAS301", answers["RAS301"]["SOCIO"].isin(SKILLED))
    measures = pd.concat(
        [
            (100 * total("AUL01") / workforce).round(1),
            (jobs / residents).round(3),
            (100 * skilled / jobs).round(1),
        ],
        axis=1,
    ).reset_index()
    measures.columns = COLUMNS
    return measures


def with_kept_years(fetched: pd.DataFrame, before: pd.DataFrame) -> pd.DataFrame:
    """Return the fetched rows and, of the years that were not fetched, the rows that were there before.

    The order of the areas is the one there was before, where they were there.
    """
    kept = before[~before[YEAR].isin(fetched[YEAR])]
    both = pd.concat([fetched, kept]) if len(kept) else fetched
    order = {area: place for place, area in enumerate(dict.fromkeys([*before[AREA], *fetched[AREA]]))}
    return both.sort_values([AREA, YEAR], key=lambda keys: keys.map(lambda key: order.get(key, key)))
