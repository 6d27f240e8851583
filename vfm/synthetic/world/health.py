"""Health events of the first year in Denmark and the covariates they imply."""

import numpy as np
import pandas as pd

from vfm.synthetic.world import constants
from vfm.synthetic.world.classifications import read_seed
from vfm.synthetic.world.streams import stream

HEALTH_WEEKS = 52
CONDITIONS = (
    "specialist",
    "mental_illness",
    "musculoskeletal_disease",
    "cardiovascular_disease",
    "nervous_system_disease",
    "nutritional_disease",
    "pain",
    "eye_disease",
    "dentist",
)
GP_BANDS = ("0", "1_4", "5_8", "9_12", "13_plus")


def draw_health(
    seed: int, persons: pd.DataFrame, resident_weeks: np.ndarray
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Health events of the health year, programme weeks 1..52, and the covariates.

    Parameters
    ----------
    persons : DataFrame
        With is_woman, group and age.
    resident_weeks : (n,) int array
        Weeks of the health year in which the person lives in Denmark and the registers have data.

    Returns
    -------
    events : pandas.DataFrame
        One row per event: person (position), code_type, code, week (0..51 of the programme); for diagnoses
        inpatient and bed_days, for specialties contacts.
    covariates : pandas.DataFrame
        One row per person: gp_band, hospital_days_4_plus and the conditions, as integers 0/1.
    """
    rng = stream(seed, "health")
    n = len(persons)
    woman = persons["is_woman"].to_numpy()
    refugee = (persons["group"] != "family_reunified").to_numpy()
    older = np.clip(persons["age"].to_numpy() / 32.0, 0.6, 1.8)
    parts = []
    for key, (men, women) in constants.EVENT_SHARES.items():
        chance = np.where(woman, women, men) * np.where(key[1] in ("O", "J01", "50", "07"), 1.0, older)
        if key in constants.PSYCHIATRIC:
            chance = chance * np.where(refugee, constants.PSYCHIATRIC_FACTOR_REFUGEE, 1.0)
        happens = np.flatnonzero(rng.random(n) < chance)
        parts.append(_events(rng, happens, key, resident_weeks))
    gp = _gp_contacts(rng, woman, older, resident_weeks)
    parts.append(gp)
    events = pd.concat(parts, ignore_index=True)
    return events, _covariates(events, n, resident_weeks)


def _events(rng, persons, key, resident_weeks):
    """Events of one kind, one to three for each of the persons."""
    code_type, code = key
    repeated = np.repeat(persons, rng.integers(1, 4 if code_type != "diagnosis_chapter" else 2, len(persons)))
    frame = pd.DataFrame({"person": repeated})
    frame["code_type"] = code_type
    frame["code"] = code
    frame["week"] = np.floor(rng.random(len(frame)) * resident_weeks[repeated]).astype(np.int64)
    stay = rng.geometric(0.30, len(frame)) if code != "O" else rng.integers(1, 6, len(frame))
    inpatient = (code_type == "diagnosis_chapter") & (
        rng.random(len(frame)) < constants.INPATIENT_SHARE + 0.5 * (code == "O")
    )
    frame["inpatient"] = inpatient
    frame["bed_days"] = np.where(inpatient, stay, 0)
    frame["contacts"] = 1 if code_type == "specialty" else 0
    return frame


def _gp_contacts(rng, woman, older, resident_weeks):
    """General practitioner contacts: rows with one to three contacts a week."""
    mean = np.where(woman, constants.GP_MEAN[True], constants.GP_MEAN[False]) * older
    contacts = rng.poisson(rng.gamma(1.1, mean / 1.1) * resident_weeks / HEALTH_WEEKS)
    contacts = np.minimum(contacts, 40)
    person = np.repeat(np.arange(len(contacts)), contacts)
    frame = pd.DataFrame({"person": person})
    frame["code_type"] = "specialty"
    frame["code"] = np.where(rng.random(len(person)) < 0.97, "80", "70")
    frame["week"] = np.floor(rng.random(len(person)) * resident_weeks[person]).astype(np.int64)
    frame["inpatient"] = False
    frame["bed_days"] = 0
    frame["contacts"] = 1
    keys = ["person", "code_type", "code", "week", "inpatient", "bed_days"]
    return frame.groupby(keys, sort=True, as_index=False)["contacts"].sum()


def _covariates(events, n, resident_weeks):
    """Covariates of the Cox model from the events, by the code lists of the warehouse."""
    codes = read_seed("classifications/health_codes")
    marked = events.merge(codes, on=["code_type", "code"])
    result = pd.DataFrame(index=np.arange(n))
    gp = marked[marked["covariate"] == "gp_contacts"]
    contacts = np.bincount(gp["person"], weights=gp["contacts"], minlength=n).astype(np.int64)
    scaled = (2 * contacts * HEALTH_WEEKS + resident_weeks) // (2 * resident_weeks)  # half rounds up
    result["gp_band"] = np.array(GP_BANDS, dtype=object)[np.searchsorted([1, 5, 9, 13], scaled, side="right")]
    days = np.bincount(events["person"], weights=events["bed_days"], minlength=n)
    result["hospital_days_4_plus"] = (days >= 4).astype(np.int64)
    for condition in CONDITIONS:
        result[condition] = 0
        result.loc[marked.loc[marked["covariate"] == condition, "person"].unique(), condition] = 1
    return result
