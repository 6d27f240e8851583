"""The truth as files beside the delivery, for its owner alone.

They are written outside the register folder; no model of the warehouse may read them.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from vfm.synthetic.delivery.accounts import Accounts
from vfm.synthetic.world import case_mix, constants
from vfm.synthetic.world.classifications import municipalities
from vfm.synthetic.world.residence import Residence
from vfm.synthetic.world.truth import true_case_mix, true_persons, true_programme_days, true_spells
from vfm.synthetic.world.world import MunicipalTruth, World

PERSON_FILES = ("persons", "spells", "case_mix", "programme_days")


@contextmanager
def owners_alone() -> Iterator[None]:
    """What is written is its owner's alone."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def write_truth(folder: Path, world: World, residence: Residence, accounts: Accounts) -> None:
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
        write_person_truth(folder, world, residence)
        write_municipal_truth(folder, world.municipal, accounts)


def write_person_truth(folder: Path, world: World, residence: Residence) -> None:
    """Write what is true of persons, one file for each of `PERSON_FILES`.

    Parameters
    ----------
    folder : pathlib.Path
        Must be there.
    world : world.World
    residence : residence.Residence
    """
    frames = (
        true_persons(world),
        true_spells(world),
        true_case_mix(world),
        true_programme_days(world, residence),
    )
    for name, frame in zip(PERSON_FILES, frames, strict=True):
        _write(folder, name, frame)


def join_person_truth(folder: Path, parts: list[Path]) -> None:
    """Write what is true of the persons of several worlds, one row group for each, in the order of `parts`.

    Parameters
    ----------
    folder : pathlib.Path
    parts : list of pathlib.Path
        Folders that `write_person_truth` wrote to.
    """
    with owners_alone():
        folder.mkdir(parents=True, exist_ok=True)
        for name in PERSON_FILES:
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


def write_municipal_truth(
    folder: Path, municipal: MunicipalTruth, accounts: Accounts, shards: int = 1
) -> None:
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
