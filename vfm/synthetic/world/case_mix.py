"""The 80 covariates of appendix table 6.1 and the linear predictor of the hazard."""

from functools import cache

import numpy as np
import pandas as pd

from vfm.synthetic.world import constants
from vfm.synthetic.world.classifications import published, read_seed
from vfm.synthetic.world.health import CONDITIONS, GP_BANDS

PERMIT_YEARS = range(
    2008, 2016
)  # of the simulated persons; each but the first has a term in appendix table 6.1
LABOUR_MARKET_TERMS = (
    "unemployment_rate_commuting_area",
    "jobs_per_resident_commuting_area",
    "jobs_medium_high_skill",
)


def labour_market() -> pd.DataFrame:
    """Labour market by commuting area and year, as the seed of the accounts prints it.

    Returns
    -------
    pandas.DataFrame
        Columns commuting_area, year (2007-2015), unemployment (percent), jobs (per resident 18-64), skill
        (percent of the jobs at medium or high skill).
    """
    rows = []
    for area, (unemployment, jobs, skill) in constants.LABOUR_MARKET.items():
        for year, factor in constants.UNEMPLOYMENT_BY_YEAR.items():
            rows.append(
                (
                    area,
                    year,
                    round(unemployment * factor, 1),
                    round(jobs * constants.JOBS_BY_YEAR[year], 3),
                    round(skill + constants.SKILL_TREND_PER_YEAR * (year - 2011), 1),
                )
            )
    return pd.DataFrame(rows, columns=["commuting_area", "year", "unemployment", "jobs", "skill"])


@cache
def printed_coefficients() -> dict[str, pd.Series]:
    """Printed coefficients: {sex: Series of the 80 terms in seed order}; not to be changed."""
    terms = term_names()
    printed = published("appendix_table_6_1")
    return {
        sex: printed[printed["sex"] == sex].set_index("term")["coefficient"].astype(float).reindex(terms)
        for sex in ("men", "women")
    }


@cache
def term_names() -> list[str]:
    """The 80 non-reference terms in seed order."""
    terms = _terms_by_year()
    return terms.loc[terms["is_reference"] == "false", "term"].tolist()


@cache
def _terms_by_year() -> pd.DataFrame:
    """The seed of the terms, with a row for each year of the permits where it says {year}."""
    seed = read_seed("classifications/case_mix_terms")
    seed = seed[seed["only_in"] == ""]  # the terms of the report
    rows = []
    for row in seed.to_dict("records"):
        years = PERMIT_YEARS if row["level"] == "{year}" else [None]
        for year in years:
            at_year = {
                "term": row["term"].replace("{year}", str(year)),
                "level": str(year),
                "is_reference": str(year == PERMIT_YEARS[0]).lower(),
            }
            rows.append(row if year is None else row | at_year)
    return pd.DataFrame(rows)


def person_terms(persons: pd.DataFrame, health: pd.DataFrame) -> pd.DataFrame:
    """The covariates that stay the same over a person's spells.

    Parameters
    ----------
    persons, health : DataFrame
        One row per person each, in the same order.

    Returns
    -------
    pandas.DataFrame
        One column per term of the case mix, zero where only the spell decides it.
    """
    age_band = np.select(
        [persons["age"] < limit for limit in (20, 25, 30, 35, 40, 45, 50, 55, 60)],
        ["under_20", "20_24", "25_29", "30_34", "35_39", "40_44", "45_49", "50_54", "55_59"],
        "60_64",
    )
    ground = persons["residence_ground"].replace("unknown", "refugee_convention")
    levels = {
        "permit_year": persons["permit_year"].astype(str).to_numpy(),
        "age_group": age_band,
        "danish_education": persons["danish_education"].to_numpy(),
        "residence_ground": ground.to_numpy(),
        "origin": persons["origin"].to_numpy(),
        "family_type": persons["family_type"].to_numpy(),
        "gp_contacts": health["gp_band"].to_numpy(),
    }
    numbers = {
        "danish_partner": (persons["partner"] == "danish").to_numpy(),
        "children_0_2": (persons["children_0_2"] > 0).to_numpy(),
        "children_3_6": (persons["children_3_6"] > 0).to_numpy(),
        "children_0_17": persons[["children_0_2", "children_3_6", "children_7_17"]].sum(axis=1).to_numpy(),
        "match_group_2_or_3": persons["match_2_or_3"].to_numpy(),
        "hospital_days_4_plus": health["hospital_days_4_plus"].to_numpy(),
        **{condition: health[condition].to_numpy() for condition in CONDITIONS},
    }
    columns = {}
    seed = _terms_by_year().set_index("term")
    for term in term_names():
        factor, level = seed.loc[term, "factor"], seed.loc[term, "level"]
        if term in numbers:
            columns[term] = numbers[term].astype(float)
        elif factor in levels:
            columns[term] = (levels[factor] == level).astype(float)
        else:
            columns[term] = np.zeros(len(persons))
    assert set(levels["gp_contacts"]) <= set(GP_BANDS)
    return pd.DataFrame(columns, index=persons.index)


def spell_terms(
    terms: pd.DataFrame, spell_start_year: np.ndarray, weeks_since_permit: np.ndarray, labour: np.ndarray
) -> pd.DataFrame:
    """The person's covariates with those of the spell filled in.

    Parameters
    ----------
    terms : (m, 80) DataFrame
        Rows of `person_terms`, one per spell.
    spell_start_year, weeks_since_permit : (m,) int arrays
    labour : (m, 3) float array
        Unemployment, jobs per resident and skill in the spell's commuting area in the permit year.

    Returns
    -------
    (m, 80) DataFrame
    """
    filled = terms.copy()
    year = np.clip(spell_start_year, PERMIT_YEARS[0], PERMIT_YEARS[-1])
    for value in PERMIT_YEARS[1:]:
        filled[f"spell_start_year_{value}"] = (year == value).astype(float)
    filled["weeks_since_permit"] = np.asarray(weeks_since_permit, dtype=float)
    for column, name in enumerate(LABOUR_MARKET_TERMS):
        filled[name] = labour[:, column]
    return filled


def hazard_coefficients() -> dict[str, pd.Series]:
    """Coefficients of the simulated hazard: the printed ones and `constants.HAZARD_CORRECTION`."""
    beta = {sex: printed.copy() for sex, printed in printed_coefficients().items()}
    for sex, corrections in constants.HAZARD_CORRECTION.items():
        for term, value in corrections.items():
            beta[sex][term] += value
    return beta


def linear_predictor(terms: pd.DataFrame, is_woman: np.ndarray) -> np.ndarray:
    """x b with the coefficients of the hazard of the person's sex.

    Parameters
    ----------
    terms : (m, 80) DataFrame
        See `spell_terms`.
    is_woman : (m,) bool array

    Returns
    -------
    (m,) float array
    """
    beta = hazard_coefficients()
    values = terms.to_numpy()
    men, women = values @ beta["men"].to_numpy(), values @ beta["women"].to_numpy()
    return np.where(is_woman, women, men)
