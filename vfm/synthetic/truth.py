"""The truth beside the delivery: what an analyst never sees and a test compares with.

Written outside the register folder; no model of the warehouse may read it.
"""

import json
import os
from contextlib import contextmanager

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from vfm.synthetic import calendar, case_mix, constants
from vfm.synthetic.classifications import municipalities
from vfm.synthetic.histories import LabourMarket
from vfm.synthetic.population import FEWEST_SPELLS
from vfm.synthetic.residence import programme_days

PERSONS = ("persons", "spells", "case_mix", "programme_days")


def true_persons(world):
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


def true_spells(world):
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


def true_case_mix(world):
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


def cox_input(world, benchmarked=None):
    """The world's spells as intermediate.cox_input holds them.

    Parameters
    ----------
    world : world.World
    benchmarked : collection of str, optional
        Municipality codes; those with enough spells unless given.

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
    return pd.concat([ids, true_case_mix(world).drop(columns=["person_id", "spell_number"])], axis=1)


def true_programme_days(world, residence):
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


@contextmanager
def owners_alone():
    """What is written is its owner's alone."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def write_truth(folder, world, residence, accounts):
    """Write the truth of a world, for its owner alone.

    Parameters
    ----------
    folder : pathlib.Path
    world : world.World
    residence : residence.Residence
    accounts : accounts.Accounts
    """
    with owners_alone():
        folder.mkdir(parents=True, exist_ok=True)
        write_persons(folder, world, residence)
        write_municipal(folder, world.municipal, accounts)


def write_persons(folder, world, residence):
    """Write what is true of persons: `PERSONS`, a file each."""
    frames = (
        true_persons(world),
        true_spells(world),
        true_case_mix(world),
        true_programme_days(world, residence),
    )
    for name, frame in zip(PERSONS, frames, strict=True):
        _write(folder, name, frame)


def join_persons(folder, parts):
    """Write what is true of the persons of several worlds, one row group for each, in the order of `parts`.

    Parameters
    ----------
    folder : pathlib.Path
    parts : list of pathlib.Path
        Folders that `write_persons` wrote to.
    """
    with owners_alone():
        folder.mkdir(parents=True, exist_ok=True)
        for name in PERSONS:
            paths = [part / f"{name}.parquet" for part in parts]
            unfinished = _new(folder / f".{name}.parquet.part")
            with pq.ParquetWriter(
                unfinished, pq.read_schema(paths[0]), compression="zstd", store_schema=False
            ) as writer:
                for path in paths:
                    writer.write_table(pq.read_table(path))
            unfinished.replace(folder / f"{name}.parquet")


def _write(folder, name, frame):
    table = pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None)
    pq.write_table(table, _new(folder / f"{name}.parquet"), compression="zstd", store_schema=False)


def write_municipal(folder, municipal, accounts, shards=1):
    """Write what is true of municipalities and of everybody, for its owner alone: expenditure, parameters.

    Parameters
    ----------
    folder : pathlib.Path
    municipal : world.MunicipalTruth
    accounts : accounts.Accounts
    shards : int
        Number of worlds in these municipalities.
    """
    with owners_alone():
        _write(folder, "expenditure", accounts.need)
        _write_parameters(folder, municipal, shards)


def _write_parameters(folder, municipal, shards):
    code = [str(code) for code in municipalities(municipal.scale).code]
    parameters = {
        "seed": municipal.seed,
        "scale": shards * municipal.scale,
        "baseline_log_level": constants.BASELINE_LOG_LEVEL,
        "baseline_start": constants.BASELINE_START,
        "baseline_ramp_weeks": constants.BASELINE_RAMP_WEEKS,
        "baseline_slope": constants.BASELINE_SLOPE,
        "coefficients": {sex: values.to_dict() for sex, values in case_mix.hazard_coefficients().items()},
        "municipal_effects_log_hazard": dict(zip(code, municipal.effects.round(6).tolist(), strict=True)),
    }
    _new(folder / "parameters.json").write_text(
        json.dumps(parameters, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )


def _new(path):
    """A path without an older file, which would keep its permissions."""
    path.unlink(missing_ok=True)
    return path
