"""Writes the whole delivery: the eleven registers of a world."""

import json
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd

from vfm.synthetic.delivery import health_registers, income_registers, outsiders, population_registers
from vfm.synthetic.delivery.parquet import write_register
from vfm.synthetic.world.calendar import WEEKS
from vfm.synthetic.world.residence import Residence
from vfm.synthetic.world.world import World


def write_registers(
    folder: Path,
    world: World,
    residence: Residence,
    report: Callable[[str, float], None] = lambda what, seconds: None,
) -> list[dict]:
    """Write the eleven registers and `origin.json`.

    Parameters
    ----------
    folder : pathlib.Path
        The register folder.
    world : world.World
    residence : residence.Residence
    report : callable
        Called with what was written and the seconds it took.

    Returns
    -------
    list of dict
        One per register: register, files, rows, bytes.
    """
    outside = outsiders.draw_outsiders(world.seed, len(world.persons), world.places, world.shard)
    written = []
    for register, columns in _registers(world, residence, outside):
        began = time.perf_counter()
        written.append(write_register(folder, register, columns()))
        report(register, time.perf_counter() - began)
    write_registers_origin(folder, world.seed, world.scale)
    return written


def write_registers_origin(folder: Path, seed: int, scale: float) -> None:
    """Write `origin.json` into a register folder."""
    content = {"data_origin": origin_in_words(seed, scale), "synthetic": True, "seed": seed, "scale": scale}
    (folder / "origin.json").write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def origin_in_words(seed: int, scale: float) -> str:
    """Say in a few words where a world's data are from."""
    return f"synthetic, seed {seed}" + ("" if scale == 1 else f", scale {scale:g}")


def _registers(world, residence, outside):
    """Names of the registers and functions that give their columns."""
    register = population_registers
    yield "bef", lambda: register.bef_columns(_joined(register.bef_rows(world, residence), outside["bef"]))
    yield (
        "vnds",
        lambda: register.vnds_columns(_joined(register.vnds_rows(world, residence), outside["vnds"])),
    )
    yield "flyt", lambda: register.flyt_columns(world, residence)
    yield "dod", lambda: register.dod_columns(register.dod_rows(world))
    yield "ophg", lambda: register.ophg_columns(_joined(register.ophg_rows(world), outside["ophg"]))
    yield "dream", lambda: _dream(world, residence, outside["dream"])
    yield "bfl", lambda: _bfl(world, outside["jobs"])
    yield "lmdb", lambda: health_registers.lmdb_columns(world)
    yield "sssy", lambda: health_registers.sssy_columns(world)
    yield "lpr_adm", lambda: health_registers.lpr_columns(world)
    yield "danskudd", lambda: register.danskudd_columns(world)


def _joined(rows, more):
    return pd.concat([rows, more], ignore_index=True)


def _dream(world, residence, outside):
    """DREAM with the persons outside the population below those inside."""
    codes = income_registers.weekly_codes(world, residence)
    groups = income_registers.match_groups(world)
    extra = np.zeros((len(outside), WEEKS), dtype=codes.dtype)
    later = np.arange(WEEKS)[None, :] >= outside["week"].to_numpy()[:, None]
    extra[later] = np.broadcast_to(outside["code"].to_numpy()[:, None], extra.shape)[later]
    return income_registers.dream_columns(
        np.concatenate([world.persons["pnr"].to_numpy(), outside["PNR"].to_numpy()]),
        np.vstack([codes, extra]),
        np.vstack([groups, np.zeros((len(outside), groups.shape[1]), dtype=groups.dtype)]),
    )


def _bfl(world, outside):
    """BFL with the jobs of the persons outside the population."""
    jobs = world.history.jobs
    jobs = jobs.assign(PNR=world.persons["pnr"].to_numpy()[jobs["person"]])
    jobs = pd.concat([jobs[["PNR", "start_day", "end_day", "hours"]], outside], ignore_index=True)
    jobs = jobs.sort_values(["PNR", "start_day", "end_day", "hours"], ignore_index=True, kind="stable")
    return income_registers.bfl_columns(income_registers.bfl_rows(world.seed, jobs))
