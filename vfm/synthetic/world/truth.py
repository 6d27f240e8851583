"""The truth of a world as tables: what an analyst never sees and a test compares with."""

from collections.abc import Collection

import numpy as np
import pandas as pd

from vfm.synthetic.world import calendar, case_mix
from vfm.synthetic.world.histories import LabourMarket
from vfm.synthetic.world.population import FEWEST_SPELLS
from vfm.synthetic.world.residence import Residence, programme_days
from vfm.synthetic.world.world import World


def true_persons(world: World) -> pd.DataFrame:
    """One row per person of the population."""
    persons = world.persons
    columns = [
        "group",
        "residence_ground",
        "permit_year",
        "origin",
        "world_region",
        "country_group",
        "danish_education",
        "family_type",
        "age",
    ]
    frame = pd.DataFrame({"person_id": persons["pnr"], "sex": np.where(persons["is_woman"], "women", "men")})
    frame[columns] = persons[columns].astype(
        {column: object for column in columns if column not in ("age", "permit_year")}
    )
    frame["country_code"] = persons["country_code"].map("{:04d}".format)
    for name in ("birth", "permit", "entry", "programme"):
        frame[f"{name}_date"] = calendar.to_date(persons[f"{name}_day"].to_numpy())
    frame["start_week"] = calendar.to_date(7 * persons["start_week"].to_numpy())
    frame["municipality_code"] = world.places.code[persons["place"]].astype(str)
    return frame


def true_spells(world: World) -> pd.DataFrame:
    """One row per spell, in the order of person and spell number."""
    spells = world.history.spells
    return pd.DataFrame(
        {
            "person_id": world.persons["pnr"].to_numpy()[spells["person"]],
            "spell_number": spells["spell_number"],
            "start_week": calendar.to_date(7 * spells["start"].to_numpy()),
            "duration_weeks": np.maximum(spells["exit"] - spells["start"], 1),
            "outcome": spells["outcome"],
            "exit_reason": spells["exit_reason"],
            "municipality_code": world.places.code[spells["place"]].astype(str),
            "is_success": spells["outcome"] == "success",
        }
    )


def true_case_mix(world: World) -> pd.DataFrame:
    """The 80 covariates of each spell: person_id, spell_number and the terms."""
    spells = world.history.spells
    person = spells["person"].to_numpy()
    labour = LabourMarket(world.places).of(
        spells["place"].to_numpy(), world.persons["permit_year"].to_numpy()[person]
    )
    terms = case_mix.spell_terms(
        world.terms.iloc[person].reset_index(drop=True),
        calendar.iso_year(spells["start"].to_numpy()),
        spells["weeks_since_permit"].to_numpy(),
        labour,
    )
    keys = pd.DataFrame(
        {"person_id": world.persons["pnr"].to_numpy()[person], "spell_number": spells["spell_number"]}
    )
    return pd.concat([keys, terms], axis=1)


def cox_input(
    world: World, benchmarked: Collection[str] | None = None, *, weeks_not_followed: int = 0
) -> pd.DataFrame:
    """The world's spells as intermediate.cox_input holds them.

    Parameters
    ----------
    world : world.World
    benchmarked : collection of str, optional
        Municipality codes; those with enough spells unless given.
    weeks_not_followed : int
        Weeks before the end of the data in which nobody is followed (`follow_up_ends_weeks_before_data`).

    Returns
    -------
    pandas.DataFrame
        The id columns of vfm.statistics.cox and the 80 covariates.
    """
    spells = true_spells(world)
    code = spells["municipality_code"]
    is_woman = world.persons["is_woman"].to_numpy()[world.history.spells["person"]]
    enough = code.groupby(code).transform("size") >= FEWEST_SPELLS
    ids = pd.DataFrame(
        {
            "spell_id": np.arange(len(spells)),
            "person_id": spells["person_id"],
            "sex": np.where(is_woman, "women", "men"),
            "municipality_code": code,
            "duration_weeks": spells["duration_weeks"],
            "is_success": spells["is_success"],
            "is_benchmarked": enough if benchmarked is None else code.isin(benchmarked),
        }
    )
    whole = pd.concat([ids, true_case_mix(world).drop(columns=["person_id", "spell_number"])], axis=1)
    followed = calendar.DATA_END - weeks_not_followed - world.history.spells["start"].to_numpy()
    whole["is_success"] &= whole["duration_weeks"] <= followed
    whole["duration_weeks"] = np.minimum(whole["duration_weeks"], np.maximum(followed, 1))
    return whole[followed > 0].reset_index(drop=True) if weeks_not_followed else whole


def true_programme_days(world: World, residence: Residence) -> pd.DataFrame:
    """Days under the programme by person, municipality and year 2011-2015."""
    days = programme_days(world, residence)
    return pd.DataFrame(
        {
            "person_id": world.persons["pnr"].to_numpy()[days["person"]],
            "municipality_code": world.places.code[days["place"]].astype(str),
            "year": days["year"],
            "person_days": days["person_days"],
        }
    )
