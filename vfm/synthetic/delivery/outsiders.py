"""Persons in the delivery whom an analyst must leave out, each for one reason of the method."""

import numpy as np
import pandas as pd

from vfm.synthetic.delivery.population_registers import YEARS, with_permit_codes
from vfm.synthetic.world import calendar, constants
from vfm.synthetic.world.classifications import Municipalities
from vfm.synthetic.world.keys import pnr_codes
from vfm.synthetic.world.population import completed_years
from vfm.synthetic.world.streams import stream

# reason -> (ground of the permit, age at the permit from and to, country codes)
KINDS = {
    "western": ("family_to_danish_or_nordic", (22, 50), (5390, 5502, 5154, 5314)),
    "too young": ("family_to_foreigner", (16, 17), (5172, 5486, 5404)),
    "too old": ("refugee_convention", (65, 75), (5486, 5438, 5700)),
    "came before 2008": ("family_to_refugee", (22, 50), (5436, 5289, 5172)),  # earlier immigration
    "work": ("wage work", (22, 50), (5432, 5448, 5472)),
    "study": ("study", (20, 32), (5448, 5464, 5306)),
    "eu": ("EU or EEA citizen", (20, 55), (5154, 5158, 5140)),
    "child": ("reunified child, not in the population", (3, 17), (5486, 5289, 5172)),
    "humanitarian": ("humanitarian permit, s. 9b, not in the population", (20, 60), (5404, 5436, 5706)),
    "never came": ("family_to_danish_or_nordic", (22, 50), (5492, 5474)),  # no immigration
    "unseen": ("refugee_b_status", (20, 50), (5486, 5216)),  # no population row
}


def draw_outsiders(
    seed: int, persons: int, places: Municipalities, shard: int = 0
) -> dict[str, pd.DataFrame]:
    """Rows of the registers for persons outside the population.

    Parameters
    ----------
    seed : int
    persons : int
        Size of the population.
    places : classifications.Municipalities
    shard : int
        See `keys.pnr_codes`.

    Returns
    -------
    dict
        Frames `bef`, `vnds`, `ophg`, `jobs` (PNR, start_day, end_day, hours) and `dream` (PNR, week, code).
    """
    rng = stream(seed, "others")
    n = max(len(KINDS), round(constants.OTHERS_SHARE * persons))
    outsiders = _draw_persons(rng, pnr_codes(seed, "T others", n, shard), places)
    ophg = outsiders.rename(columns={"permit": "TILLADELSESDATO"})[["PNR", "TILLADELSESDATO"]]
    ophg["name"] = [KINDS[kind][0] for kind in outsiders["kind"]]
    return {
        "bef": _bef_rows(rng, outsiders),
        "vnds": _vnds_rows(outsiders),
        "ophg": with_permit_codes(ophg),
        "jobs": _jobs(rng, outsiders),
        "dream": _dream_rows(outsiders),
    }


def _draw_persons(rng, pnr, places):
    """Who they are: PNR, kind, permit, entry and birth (day numbers), country and place (codes)."""
    n = len(pnr)
    kind = np.array(list(KINDS), dtype=object)[np.arange(n) % len(KINDS)]
    permit = calendar.day_number("2008-02-01") + rng.integers(0, 2850, n)
    entry = permit - rng.integers(0, 30, n)
    low = np.array([KINDS[k][1][0] for k in kind])
    high = np.array([KINDS[k][1][1] for k in kind])
    age = rng.integers(low, high + 1)
    # not within half a year of the next birthday, whatever day the age is read on
    birth = permit - (age * 365.25 + 100 + rng.integers(0, 60, n))
    birth = np.floor(birth).astype(np.int64)
    country = np.array(
        [KINDS[k][2][c % len(KINDS[k][2])] for k, c in zip(kind, rng.integers(0, 12, n), strict=True)]
    )
    place = places.code[rng.choice(len(places.code), n, p=places.population / places.population.sum())]
    columns = {"PNR": pnr, "kind": kind, "permit": permit, "entry": entry, "birth": birth}
    return pd.DataFrame({**columns, "country": country, "place": place})


def _vnds_rows(outsiders):
    """Rows of VNDS: nobody of those who never came, and an earlier stay of those who came before 2008."""
    pnr, entry, kind = (outsiders[name].to_numpy() for name in ("PNR", "entry", "kind"))
    earlier, came = kind == "came before 2008", kind != "never came"
    return pd.concat(
        [
            pd.DataFrame({"PNR": pnr, "INDUD_KODE": "I", "HAEND_DATO": entry})[came],
            pd.DataFrame({"PNR": pnr, "INDUD_KODE": "I", "HAEND_DATO": entry - 3000})[earlier],
            pd.DataFrame({"PNR": pnr, "INDUD_KODE": "U", "HAEND_DATO": entry - 1500})[earlier],
        ],
        ignore_index=True,
    )


def _bef_rows(rng, outsiders):
    """Rows of BEF, one for each December after the entry; single persons without children."""
    pnr, entry, kind = (outsiders[name].to_numpy() for name in ("PNR", "entry", "kind"))
    december = calendar.new_years_eve(YEARS)
    in_bef = ~np.isin(kind, ("unseen", "never came"))
    person, column = np.nonzero((entry[:, None] <= december) & in_bef[:, None])
    rows = pd.DataFrame(
        {
            "PNR": pnr[person],
            "REFERENCETID": december[column],
            "KOEN": rng.integers(1, 3, len(pnr))[person],
            "FOED_DAG": outsiders["birth"].to_numpy()[person],
            "KOM": outsiders["place"].to_numpy()[person],
            "OPR_LAND": outsiders["country"].to_numpy()[person],
            "IE_TYPE": 2,
            "FAMILIE_ID": pnr[person],
            "FAMILIE_TYPE": np.where(YEARS[column] >= 2015, 9, 5),
            "PLADS": 1,
            "E_FAELLE_ID": None,
        }
    )
    rows["ALDER"] = completed_years(rows["FOED_DAG"].to_numpy(), rows["REFERENCETID"].to_numpy())
    return rows


def _jobs(rng, outsiders):
    """One job each of those who came to work or study, and of the Western spouses."""
    works = outsiders[outsiders["kind"].isin(("work", "study", "eu", "western"))]
    begin = works["entry"].to_numpy() + 14
    jobs = pd.DataFrame(
        {
            "PNR": works["PNR"].to_numpy(),
            "start_day": np.maximum(begin, 1),
            "end_day": np.minimum(begin + rng.integers(60, 900, len(works)), 7 * calendar.DATA_END - 1),
            "hours": rng.choice([15.0, 30.0, 37.0], len(works)),
        }
    )
    return jobs[jobs["end_day"] > jobs["start_day"]]


def _dream_rows(outsiders):
    """Pension or cash assistance from the permit on, for some kinds of persons."""
    some = outsiders[outsiders["kind"].isin(("too old", "humanitarian", "came before 2008"))]
    return pd.DataFrame(
        {
            "PNR": some["PNR"].to_numpy(),
            "week": np.maximum(some["permit"].to_numpy() // 7, 0),
            "code": np.where(some["kind"] == "too old", 998, 730),
        }
    )
