"""DREAM and BFL: weekly transfer codes, match groups and monthly paid hours."""

import numpy as np
import pandas as pd
import pyarrow as pa

from vfm.synthetic.delivery.parquet import Columns, dates, text
from vfm.synthetic.world import calendar, constants
from vfm.synthetic.world.histories import (
    DEATH,
    EMIGRATION,
    LAST_DAY,
    MATERNITY,
    NEVER,
    PENSION,
    STUDENT_GRANT,
)
from vfm.synthetic.world.residence import Residence
from vfm.synthetic.world.streams import stream
from vfm.synthetic.world.world import World

EMIGRATED, DEAD = 997, 999
INTRODUCTION, INTEGRATION, INTEGRATION_READY, CASH, CASH_READY = 710, 700, 160, 730, 130
EDUCATION, UNEMPLOYED, SICK = 720, 111, 890
WITH_DIGITS = (INTRODUCTION, INTEGRATION, INTEGRATION_READY, CASH, CASH_READY, EDUCATION, SICK)
SUBSIDISED = (771, 511, 521)  # flexible job, service job, adult apprentice: transfers all the same
EPISODES = 3  # spells of activation laid over the benefit
EPISODE_DIGITS = np.array([0, 3, 3, 4, 5, 6, 7, 7, 8])
HOLIDAY = 121
QUARTERS = 36  # MATCH_1KV2008 .. MATCH_4KV2016


def _paint(shape, person, start, end, value):
    """Matrix with `value` in [start, end) of the row of each person; intervals of a person do not overlap."""
    change = np.zeros((shape[0], shape[1] + 1), dtype=np.int32)
    start, end = np.clip(start, 0, shape[1]), np.clip(end, 0, shape[1])
    np.add.at(change, (person, start), value)
    np.subtract.at(change, (person, end), value)
    return np.cumsum(change, axis=1, dtype=np.int32)[:, : shape[1]].astype(np.int16)


def weekly_codes(world: World, residence: Residence) -> np.ndarray:
    """DREAM code of each person and week.

    Parameters
    ----------
    world : world.World
    residence : residence.Residence

    Returns
    -------
    (n, weeks) int array
        0 for blank.
    """
    rng = stream(world.seed, "dream")
    shape = (len(world.persons), calendar.WEEKS)
    transfers = world.history.transfers
    person = transfers["person"].to_numpy()
    start, end, kind = (
        transfers["start"].to_numpy(),
        transfers["end"].to_numpy(),
        transfers["kind"].to_numpy(),
    )
    codes = np.zeros(shape, dtype=np.int16)

    benefit = kind == "before_job"
    on_benefit = _paint(shape, person[benefit], start[benefit], end[benefit], 1) > 0
    family = _first_benefit(rng, world.persons)
    codes = np.where(on_benefit, family[:, None], codes).astype(np.int16)
    _integration_benefit(world.persons, codes)

    after = kind == "after_job"
    unemployed = rng.choice(
        [UNEMPLOYED, CASH_READY, CASH, INTRODUCTION], after.sum(), p=[0.35, 0.3, 0.2, 0.15]
    )
    codes += _paint(shape, person[after], start[after], end[after], unemployed)
    _activation(rng, codes)
    _subsidised_work(rng, codes, person[benefit], end[benefit], start[benefit])
    fixed = ~benefit & ~after
    codes += _paint(shape, person[fixed], start[fixed], end[fixed], kind[fixed].astype(np.int64))
    _holidays(rng, world, codes)
    return _leavers(rng, world, residence, codes)


def _first_benefit(rng, persons):
    """Benefit of each person before the first job: Integration Act or ordinary cash assistance."""
    refugee = (persons["group"] != "family_reunified").to_numpy()
    young = (persons["age"] < 30).to_numpy() & (persons["permit_year"] >= 2014).to_numpy()
    lottery = rng.random(len(persons))
    ordinary = np.where(young & (lottery < 0.3), EDUCATION, np.where(lottery < 0.5, CASH_READY, CASH))
    return np.where(refugee | (rng.random(len(persons)) < 0.5), INTRODUCTION, ordinary)


def _integration_benefit(persons, codes):
    """Integration benefit replaces the others: new arrivals from September 2015, all from July 2016."""
    new = int(calendar.day_number(constants.INTEGRATION_BENEFIT_FROM)) // 7
    everyone = int(calendar.day_number(constants.INTEGRATION_BENEFIT_FOR_ALL_FROM)) // 7
    ready = ~persons["match_2_or_3"].to_numpy()
    code = np.where(ready, INTEGRATION_READY, INTEGRATION).astype(np.int16)
    arrived = persons["start_week"].to_numpy() >= new
    for weeks, rows in (
        (slice(new, everyone), arrived),
        (slice(everyone, None), np.ones(len(persons), dtype=bool)),
    ):
        part = codes[:, weeks]
        part[...] = np.where((part > 0) & rows[:, None], code[:, None], part)


def _activation(rng, codes):
    """Last digits for guidance, education, wage subsidy and placement; some weeks of sickness benefit."""
    n, weeks = codes.shape
    digits = np.zeros(codes.shape, dtype=np.int16)
    first = np.where(codes.any(axis=1), (codes > 0).argmax(axis=1), 0)
    for _ in range(EPISODES):
        start = first + rng.integers(2, 120, n)
        end = start + rng.choice([4, 8, 13, 13, 26], n)
        digit = EPISODE_DIGITS[rng.integers(0, len(EPISODE_DIGITS), n)]
        painted = _paint(codes.shape, np.arange(n), start, end, digit)
        digits = np.where(painted > 0, painted, digits)
    takes = np.isin(codes, WITH_DIGITS)
    codes += np.where(takes & ((digits != 5) | (codes != SICK)), digits, 0).astype(np.int16)
    sick = np.flatnonzero(rng.random(n) < 0.08)
    start = first[sick] + rng.integers(4, 110, len(sick))
    ill = _paint(codes.shape, sick, start, start + rng.integers(2, 14, len(sick)), 1) > 0
    codes[ill & (codes > 0)] = SICK


def _subsidised_work(rng, codes, person, end, start):
    """Flexible jobs, service jobs and adult apprentices at the end of some benefit periods."""
    chosen = np.flatnonzero((rng.random(len(person)) < constants.SUBSIDISED_SHARE) & (end - start > 40))
    code = rng.choice(SUBSIDISED, len(chosen), p=[0.5, 0.2, 0.3])
    weeks = _paint(
        codes.shape, person[chosen], end[chosen] - rng.integers(5, 20, len(chosen)), end[chosen], code
    )
    np.copyto(codes, weeks, where=(weeks > 0) & (codes > 0))


def _holidays(rng, world, codes):
    """Holiday pay out of employment, in weeks of July with nothing else; not a transfer."""
    jobs = world.history.jobs
    chosen = jobs[(rng.random(len(jobs)) < constants.HOLIDAY_SHARE).astype(bool)]
    year = calendar.year_of(chosen["start_day"].to_numpy()) + 1
    week = calendar.day_number((year - 1970).astype("datetime64[Y]").astype("datetime64[D]") + 190) // 7
    length = rng.integers(1, 3, len(chosen))
    inside = (7 * (week + length) < chosen["end_day"].to_numpy()) & (week + 2 < calendar.WEEKS)
    for extra in range(2):
        rows, weeks = (
            chosen["person"].to_numpy()[inside & (length > extra)],
            week[inside & (length > extra)] + extra,
        )
        blank = codes[rows, weeks] == 0
        codes[rows[blank], weeks[blank]] = HOLIDAY


def _leavers(rng, world, residence, codes):
    """Study, maternity and pension codes, and 997 / 999 for persons who are in DREAM at all."""
    fates = world.history.fates
    weeks = np.arange(calendar.WEEKS)[None, :]
    n = len(codes)
    length = np.select(
        [fates.leave_kind == STUDENT_GRANT, fates.leave_kind == MATERNITY, fates.leave_kind == PENSION],
        [rng.integers(20, 150, n), rng.integers(18, 46, n), np.full(n, calendar.WEEKS)],
        0,
    )
    code = np.select(
        [fates.leave_kind == STUDENT_GRANT, fates.leave_kind == MATERNITY, fates.leave_kind == PENSION],
        [np.where(rng.random(n) < 0.9, 651, 652), np.full(n, 881), np.where(rng.random(n) < 0.9, 783, 781)],
        0,
    )
    left = fates.leave_week[:, None]
    excluded = (code[:, None] > 0) & (weeks >= left) & (weeks < left + length[:, None])
    codes = np.where(excluded, code[:, None], codes).astype(np.int16)
    away = (fates.leave_kind <= DEATH)[:, None] & (weeks >= left)
    codes[away] = 0
    known = codes.any(axis=1)[:, None]
    returned = weeks >= (residence.return_day // 7)[:, None]
    emigrated = away & known & (fates.leave_kind == EMIGRATION)[:, None] & ~returned
    dead = away & known & (fates.leave_kind == DEATH)[:, None]
    codes[emigrated] = EMIGRATED
    codes[dead] = DEAD
    return codes


def match_groups(world: World) -> np.ndarray:
    """Match group of each person and quarter, 0 for none; (n, 36) int array.

    Groups 1-5 before the second quarter of 2010, 1-3 after. Whether a person is in group 2 or 3 does not
    change within the reach of another spell.
    """
    rng = stream(world.seed, "match groups")
    persons, fates = world.persons, world.history.fates
    n = len(persons)
    weak = persons["match_2_or_3"].to_numpy()
    recorded = weak | (persons["on_transfer"].to_numpy() & (rng.random(n) < 0.8))
    quarter = np.arange(QUARTERS)[None, :]
    first = calendar.quarter_of(7 * persons["start_week"].to_numpy()) - 1
    last_day = np.minimum(np.where(fates.leave_kind <= DEATH, fates.leave_day, NEVER), LAST_DAY)
    present = (
        recorded[:, None] & (quarter >= first[:, None]) & (quarter <= calendar.quarter_of(last_day)[:, None])
    )
    value = np.where(weak, np.where(rng.random(n) < 0.75, 2, 3), 1)[:, None] * np.ones(
        (1, QUARTERS), dtype=np.int64
    )
    old = ~weak & (rng.random(n) < 0.4)
    value = np.where(old[:, None] & (quarter < 9), rng.integers(4, 6, n)[:, None], value)
    # persons with one spell may change group later: only the first group counts
    spells = world.history.spells
    single = np.bincount(spells["person"], minlength=n) == 1
    change = single & (rng.random(n) < 0.3)
    spell_start = np.zeros(n, dtype=np.int64)
    spell_start[spells["person"]] = spells["start"]
    later = quarter >= (calendar.quarter_of(7 * spell_start) + 2 + rng.integers(0, 6, n))[:, None]
    value = np.where(change[:, None] & later, np.where(weak, 1, 3)[:, None], value)
    return np.where(present, value, 0)


def dream_columns(pnr: np.ndarray, codes: np.ndarray, groups: np.ndarray) -> Columns:
    """The register DREAM: one row per person with a code or a match group, sorted by person.

    Parameters
    ----------
    pnr : (n,) text array
    codes : (n, weeks) int array
    groups : (n, 36) int array
    """
    rows = np.flatnonzero(codes.any(axis=1) | groups.any(axis=1))
    rows = rows[np.argsort(pnr[rows].astype(str), kind="stable")]
    columns = {"PNR": text(pnr[rows])}
    for week, label in enumerate(calendar.year_week_labels(np.arange(calendar.WEEKS))):
        columns[f"Y_{label}"] = _coded(codes[rows, week])
    for quarter in range(QUARTERS):
        columns[f"MATCH_{quarter % 4 + 1}KV{2008 + quarter // 4}"] = _coded(groups[rows, quarter])
    return columns


def _coded(values):
    """Dictionary-encoded text column of integer codes, null for 0."""
    levels, index = np.unique(values, return_inverse=True)
    names = pa.array([str(level) for level in levels if level], type=pa.string())
    blank = levels[0] == 0
    index = pa.array(index - int(blank), type=pa.int32(), mask=values == 0)
    return pa.DictionaryArray.from_arrays(index, names)


def bfl_rows(seed: int, jobs: pd.DataFrame, name: str = "bfl") -> pd.DataFrame:
    """Rows of BFL: one per job and month, some in two rows.

    Parameters
    ----------
    jobs : DataFrame
        PNR, start_day, end_day (inclusive), hours (a week).

    Returns
    -------
    pandas.DataFrame
        PNR, start_day, end_day, hours (in the period, two decimals).
    """
    rng = stream(seed, name)
    first, last = (
        calendar.month_of(jobs["start_day"].to_numpy()),
        calendar.month_of(jobs["end_day"].to_numpy()),
    )
    count = last - first + 1
    job = np.repeat(np.arange(len(jobs)), count)
    month = np.repeat(first, count) + np.arange(len(job)) - np.repeat(np.cumsum(count) - count, count)
    begin = np.maximum(jobs["start_day"].to_numpy()[job], calendar.month_start(month))
    end = np.minimum(jobs["end_day"].to_numpy()[job], calendar.month_start(month + 1) - 1)
    hours = np.round(jobs["hours"].to_numpy()[job] / 7 * (end - begin + 1), 2)
    rows = pd.DataFrame(
        {"PNR": jobs["PNR"].to_numpy()[job], "start_day": begin, "end_day": end, "hours": hours}
    )
    pair = np.repeat(rng.random(len(jobs)) < constants.PAIR_SHARE, count) & (hours > 10)
    second = rows[pair].assign(hours=np.round(rows.loc[pair, "hours"] * 0.25, 2))
    rows.loc[pair, "hours"] = np.round(rows.loc[pair, "hours"] - second["hours"], 2)
    return pd.concat([rows, second], ignore_index=True)


def bfl_columns(rows: pd.DataFrame) -> Columns:
    """The register BFL, sorted by person and period."""
    rows = rows.sort_values(["PNR", "start_day", "end_day", "hours"], kind="stable")
    return {
        "PNR": text(rows["PNR"]),
        "AJO_JOB_START_DATO": dates(rows["start_day"]),
        "AJO_JOB_SLUT_DATO": dates(rows["end_day"]),
        "AJO_LOENTIMER": pa.array(rows["hours"].to_numpy(), type=pa.float64()),
    }
