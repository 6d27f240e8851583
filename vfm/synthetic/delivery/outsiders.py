"""Persons in the delivery who are not in the population, each for one reason of the method."""

import numpy as np
import pandas as pd

from vfm.synthetic.delivery.population_registers import YEARS, with_permit_codes
from vfm.synthetic.world import calendar, constants
from vfm.synthetic.world.keys import pnr_codes
from vfm.synthetic.world.population import completed_years
from vfm.synthetic.world.streams import stream

# reason -> (permits, age at the permit, country codes, what is unusual)
KINDS = {
    "western": ("family_to_danish_or_nordic", (22, 50), (5390, 5502, 5154, 5314), ""),
    "too young": ("family_to_foreigner", (16, 17), (5172, 5486, 5404), ""),
    "too old": ("refugee_convention", (65, 75), (5486, 5438, 5700), ""),
    "came before 2008": ("family_to_refugee", (22, 50), (5436, 5289, 5172), "earlier immigration"),
    "work": ("wage work", (22, 50), (5432, 5448, 5472), ""),
    "study": ("study", (20, 32), (5448, 5464, 5306), ""),
    "eu": ("EU or EEA citizen", (20, 55), (5154, 5158, 5140), ""),
    "child": ("reunified child, not in the population", (3, 17), (5486, 5289, 5172), ""),
    "humanitarian": ("humanitarian permit, s. 9b, not in the population", (20, 60), (5404, 5436, 5706), ""),
    "never came": ("family_to_danish_or_nordic", (22, 50), (5492, 5474), "no immigration"),
    "unseen": ("refugee_b_status", (20, 50), (5486, 5216), "no population row"),
}


def draw_outsiders(seed, persons, places, shard=0):
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
    kind = np.array(list(KINDS), dtype=object)[np.arange(n) % len(KINDS)]
    pnr = pnr_codes(seed, "T others", n, shard)
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

    earlier = kind == "came before 2008"
    absent = kind == "never came"
    vnds = pd.concat(
        [
            pd.DataFrame({"PNR": pnr, "INDUD_KODE": "I", "HAEND_DATO": entry})[~absent],
            pd.DataFrame({"PNR": pnr, "INDUD_KODE": "I", "HAEND_DATO": entry - 3000})[earlier],
            pd.DataFrame({"PNR": pnr, "INDUD_KODE": "U", "HAEND_DATO": entry - 1500})[earlier],
        ],
        ignore_index=True,
    )
    ophg = with_permit_codes(
        pd.DataFrame({"PNR": pnr, "TILLADELSESDATO": permit, "name": [KINDS[k][0] for k in kind]})
    )
    december = calendar.new_years_eve(YEARS)
    seen = (entry[:, None] <= december) & (kind != "unseen")[:, None] & ~absent[:, None]
    person, column = np.nonzero(seen)
    bef = pd.DataFrame(
        {
            "PNR": pnr[person],
            "REFERENCETID": december[column],
            "KOEN": rng.integers(1, 3, n)[person],
            "FOED_DAG": birth[person],
            "KOM": place[person],
            "OPR_LAND": country[person],
            "IE_TYPE": 2,
            "FAMILIE_ID": pnr[person],
            "FAMILIE_TYPE": np.where(YEARS[column] >= 2015, 9, 5),
            "PLADS": 1,
            "E_FAELLE_ID": None,
        }
    )
    bef["ALDER"] = completed_years(bef["FOED_DAG"].to_numpy(), bef["REFERENCETID"].to_numpy())
    works = np.flatnonzero(np.isin(kind, ("work", "study", "eu", "western")))
    begin = entry[works] + 14
    jobs = pd.DataFrame(
        {
            "PNR": pnr[works],
            "start_day": np.maximum(begin, 1),
            "end_day": np.minimum(begin + rng.integers(60, 900, len(works)), 7 * calendar.DATA_END - 1),
            "hours": rng.choice([15.0, 30.0, 37.0], len(works)),
        }
    )
    jobs = jobs[jobs["end_day"] > jobs["start_day"]]
    on_benefit = np.flatnonzero(np.isin(kind, ("too old", "humanitarian", "came before 2008")))
    week = np.maximum(permit[on_benefit] // 7, 0)
    code = np.where(kind[on_benefit] == "too old", 998, 730)
    dream = pd.DataFrame({"PNR": pnr[on_benefit], "week": week, "code": code})
    return {"bef": bef, "vnds": vnds, "ophg": ophg, "jobs": jobs, "dream": dream}
