"""SSSY, LMDB and LPR_ADM: the events of the health year, and rows that must not count."""

import numpy as np
import pandas as pd

from vfm.synthetic.delivery.parquet import Columns, dates, integers, text
from vfm.synthetic.world import calendar, constants
from vfm.synthetic.world.health import HEALTH_WEEKS
from vfm.synthetic.world.histories import DEATH, NEVER
from vfm.synthetic.world.streams import stream
from vfm.synthetic.world.world import World

ATC_ENDINGS = {
    "N05": "BA01", "N06": "AB04", "M01": "AE01", "C01": "DA02", "C03": "CA01", "C07": "AB02", "C08": "CA01",
    "C09": "AA02", "C10": "AA01", "A10": "BA02", "N02": "BE01", "J01": "CE02", "R06": "AX27",
}  # fmt: skip
DIAGNOSES = {
    "F": "DF431",
    "M": "DM545",
    "I": "DI109",
    "G": "DG439",
    "E": "DE119",
    "H": "DH669",
    "O": "DO800",
    "J": "DJ189",
}


def _dated(world, rng, code_type):
    """Events of one type with their day, those of the health year and some later ones."""
    events = world.health_events
    events = events[events["code_type"] == code_type].reset_index(drop=True)
    start = world.persons["start_week"].to_numpy()
    fates = world.history.fates
    until = np.minimum(np.where(fates.leave_kind <= DEATH, fates.leave_week, NEVER), calendar.DATA_END)
    later = events[rng.random(len(events)) < constants.AFTER_SHARE].copy()
    later["week"] = HEALTH_WEEKS + rng.integers(0, 40, len(later))
    person = later["person"].to_numpy()
    later = later[start[person] + later["week"] < until[person]]
    events = pd.concat([events, later], ignore_index=True)
    events["calendar_week"] = start[events["person"].to_numpy()] + events["week"].to_numpy()
    events["day"] = 7 * events["calendar_week"] + rng.integers(0, 7, len(events))
    events["PNR"] = world.persons["pnr"].to_numpy()[events["person"]]
    return events


def sssy_columns(world: World) -> Columns:
    """The register SSSY, sorted by person and fee week; rows without a contact and for children included."""
    rng = stream(world.seed, "sssy")
    events = _dated(world, rng, "specialty")
    events["BARNMAK"] = 0
    zero = events[rng.random(len(events)) < constants.ZERO_SHARE].copy()
    zero["contacts"] = 0
    zero["code"] = rng.choice(["04", "06", "24", "50", "80"], len(zero))
    small = (world.persons["children_0_2"] + world.persons["children_3_6"] > 0).to_numpy()
    parents = np.flatnonzero(small & (rng.random(len(small)) < constants.CHILD_SHARE))
    start = world.persons["start_week"].to_numpy()[parents]
    child = pd.DataFrame(
        {
            "PNR": world.persons["pnr"].to_numpy()[parents],
            "code": rng.choice(["80", "21", "19", "50"], len(parents)),
            "contacts": 1,
            "calendar_week": np.minimum(start + rng.integers(0, 15, len(parents)), calendar.DATA_END - 1),
            "BARNMAK": 1,
        }
    )
    rows = pd.concat([events, zero, child], ignore_index=True)
    rows = rows.sort_values(["PNR", "calendar_week", "code", "contacts", "BARNMAK"], kind="stable")
    short = rng.random(len(rows)) < constants.UNPADDED_SHARE
    code = rows["code"].to_numpy().astype(str)
    labels = calendar.year_week_labels(np.arange(calendar.WEEKS))
    return {
        "PNR": text(rows["PNR"]),
        "SPEC2": text(np.where(short, np.char.lstrip(code, "0"), code)),
        "KONTAKT": integers(rows["contacts"], 16),
        "HONUGE": text(labels[rows["calendar_week"].to_numpy()]),
        "BARNMAK": integers(rows["BARNMAK"], 16),
    }


def lmdb_columns(world: World) -> Columns:
    """The register LMDB, sorted by person and date."""
    rng = stream(world.seed, "lmdb")
    rows = _dated(world, rng, "atc").sort_values(["PNR", "day", "code"], kind="stable")
    atc = rows["code"].to_numpy() + rows["code"].map(ATC_ENDINGS).to_numpy()
    return {"PNR": text(rows["PNR"]), "EKSD": dates(rows["day"]), "ATC": text(atc)}


def lpr_columns(world: World) -> Columns:
    """The register LPR_ADM, sorted by person and date; C_PATTYPE 0 inpatient, 2 outpatient."""
    rng = stream(world.seed, "lpr_adm")
    rows = _dated(world, rng, "diagnosis_chapter").sort_values(["PNR", "day", "code"], kind="stable")
    return {
        "RECNUM": text([f"{world.shard:03d}{number:09d}" for number in range(1, len(rows) + 1)]),
        "PNR": text(rows["PNR"]),
        "C_PATTYPE": integers(np.where(rows["inpatient"], 0, 2), 16),
        "V_SENGDAGE": integers(rows["bed_days"], 16),
        "D_INDDTO": dates(rows["day"]),
        "C_ADIAG": text(rows["code"].map(DIAGNOSES)),
    }
