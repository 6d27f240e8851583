"""Weekly histories: spells first, and the jobs, transfers and moves that imply exactly them.

All weeks are week numbers of `calendar`. A spell that starts in week s draws the week t of its success from
the proportional hazard; whatever comes first of t, a move, a way to leave, the end of the window and the end
of the data ends it (method, sections 1-3). The registers follow from what is drawn here.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from vfm.synthetic.world import calendar, constants
from vfm.synthetic.world.case_mix import labour_market, linear_predictor, spell_terms
from vfm.synthetic.world.streams import stream

WINDOW_WEEKS = 156
SUCCESS_WEEKS = 13
NEVER = 10**6  # a week that does not come
MOST_MOVES = 3
LAST_DAY = int(calendar.month_start(calendar.MONTHS)) - 1  # last day with hours

EMIGRATION, DEATH, STUDENT_GRANT, MATERNITY, PENSION = range(5)
LEAVE_KINDS = ("emigration", "death", "student_grant", "maternity", "pension")
EXIT_REASONS = {
    EMIGRATION: "emigration",
    DEATH: "death",
    STUDENT_GRANT: "excluded_state",
    MATERNITY: "excluded_state",
    PENSION: "excluded_state",
}


@dataclass
class Fates:
    """What happens to persons whether they work or not; arrays in the order of the persons.

    Attributes
    ----------
    move_week : (n, 3) int array
        Weeks of the moves in order, NEVER after the last.
    move_place : (n, 3) int array
        Position of the municipality moved to.
    leave_week, leave_day : (n,) int arrays
        First week (and day) of the way to leave, or NEVER.
    leave_kind : (n,) int array
    """

    move_week: np.ndarray
    move_place: np.ndarray
    leave_week: np.ndarray
    leave_day: np.ndarray
    leave_kind: np.ndarray


@dataclass
class History:
    """Simulated histories of persons.

    Attributes
    ----------
    spells : DataFrame
        person (position), spell_number, start, exit (weeks), place, outcome, exit_reason, weeks_since_permit.
    jobs : DataFrame
        person, start_day, end_day (inclusive), hours (a week).
    transfers : DataFrame
        person, start, end (weeks, end excluded), kind: `before_job`, `after_job` or a DREAM code.
    fates : Fates
        With the ways to leave that did happen.
    """

    spells: pd.DataFrame
    jobs: pd.DataFrame
    transfers: pd.DataFrame
    fates: Fates


def by_sex_and_group(rates, persons):
    """Rate of each person, from {sex: {group: rate}}; (n,) float array."""
    women, men = (persons["group"].map(rates[sex]).to_numpy(float) for sex in ("women", "men"))
    return np.where(persons["is_woman"], women, men)


def draw_leaving(seed, persons):
    """Kind, week and day of each person's way to leave: three (n,) int arrays, NEVER where there is none."""
    rng = stream(seed, "leaving")
    n = len(persons)
    start = persons["start_week"].to_numpy()
    rate = by_sex_and_group(constants.LEAVE_RATE, persons) / 52.18
    # not before the first row in the population register
    first = np.maximum(
        start + constants.LEAVE_AFTER_WEEKS,
        calendar.new_years_eve(persons["reference_year"].to_numpy()) // 7 + 1,
    )
    week = first + np.floor(rng.exponential(1.0, n) / rate).astype(np.int64)
    shares = np.array([constants.LEAVE_SHARES[name] for name in LEAVE_KINDS])
    kind = rng.choice(len(LEAVE_KINDS), n, p=shares / shares.sum())
    age = persons["age"].to_numpy()
    impossible = (
        ((kind == MATERNITY) & (~persons["is_woman"].to_numpy() | (age > 42)))
        | ((kind == PENSION) & (age < 40))
        | ((kind == STUDENT_GRANT) & (age > 33))
    )
    kind = np.where(impossible, EMIGRATION, kind)
    week = _not_at_the_window_end(week, start)
    week = np.where(week < calendar.DATA_END, week, NEVER)
    day = np.where(week == NEVER, NEVER, 7 * week + rng.integers(0, 7, n))
    return kind, week, day


def _not_at_the_window_end(week, start):
    """Events of the very week in which the window ends come a week later: whether they count is open."""
    return np.where(week == start + WINDOW_WEEKS, week + 1, week)


def resident_weeks(persons, leaving, weeks):
    """Weeks, of the first `weeks` of the programme, in Denmark and inside the data; (n,) int array."""
    kind, leave_week, _ = leaving
    start = persons["start_week"].to_numpy()
    away = np.where(kind <= DEATH, leave_week, NEVER)
    return np.minimum(np.minimum(away, calendar.DATA_END) - start, weeks)


def draw_fates(draws, persons, leaving, place, places):
    """Moves of persons who settled, beside their ways to leave; see `Fates`."""
    n = len(persons)
    start = persons["start_week"].to_numpy()
    rate = by_sex_and_group(constants.MOVE_RATE, persons) / 52.18
    waits = np.column_stack([draws.exponential() for _ in range(MOST_MOVES)])
    gaps = np.floor(waits / rate[:, None]).astype(np.int64) + 8
    week = _not_at_the_window_end(start[:, None] + gaps.cumsum(axis=1) - 7, start[:, None])
    week = np.where(week < calendar.DATA_END, week, NEVER)

    chance = places.population / places.population.sum()
    destinations = np.empty((n, MOST_MOVES), dtype=np.int64)
    here = np.maximum(place, 0)
    regions = {name: np.flatnonzero(places.region == name) for name in np.unique(places.region)}
    for number in range(MOST_MOVES):
        near = draws.uniform() < constants.MOVE_REGION_SHARE
        chosen = draws.choice(np.arange(len(chance)), chance)
        for members in regions.values():
            local = np.flatnonzero(np.isin(here, members) & near)
            chosen[local] = draws.choice(members, chance[members], local)
        chosen = np.where(chosen == here, (chosen + 1) % len(chance), chosen)
        destinations[:, number] = chosen
        here = chosen
    kind, leave_week, leave_day = (values.copy() for values in leaving)
    return Fates(week, destinations, leave_week, leave_day, kind)


def cumulative_baseline(sex, weeks=500):
    """Cumulative baseline hazard H(0), H(1), ..., H(weeks) at all covariates zero."""
    duration = np.arange(1, weeks + 1)
    shape = 1 + (constants.BASELINE_START - 1) * np.exp(-duration / constants.BASELINE_RAMP_WEEKS[sex])
    shape = shape * np.exp(constants.BASELINE_SLOPE[sex] * np.minimum(duration, WINDOW_WEEKS) / 100)
    return np.concatenate([[0.0], np.cumsum(np.exp(constants.BASELINE_LOG_LEVEL[sex]) * shape)])


def place_in_week(place, fates, rows, week):
    """Municipality on the Sunday of a week, for some rows of the persons."""
    moved = (fates.move_week[rows] <= np.asarray(week)[:, None]).sum(axis=1)
    chain = np.hstack([place[rows][:, None], fates.move_place[rows]])
    return chain[np.arange(len(rows)), moved]


class LabourMarket:
    """Labour market of each municipality by permit year; position -1 is the national mean."""

    def __init__(self, places):
        table = labour_market()
        mean = table.groupby("year")[["unemployment", "jobs", "skill"]].mean()
        by_area = {area: frame.set_index("year") for area, frame in table.groupby("commuting_area")}
        columns = ["unemployment", "jobs", "skill"]
        frames = [by_area[area][columns] for area in places.province] + [mean]
        self.values = np.stack([frame.reindex(range(2008, 2016)).to_numpy() for frame in frames])

    def of(self, place, permit_year):
        """(m, 3) array: unemployment, jobs per resident, skill."""
        return self.values[np.asarray(place), np.asarray(permit_year) - 2008]


def simulate_histories(draws, persons, terms, place, fates, labour, effects):
    """Simulate the histories of persons, spell by spell.

    Parameters
    ----------
    draws : PersonDraws
        Of the persons.
    persons : DataFrame
    terms : DataFrame
        `case_mix.person_terms` of the persons.
    place : (n,) int array
        Municipality at the programme start, -1 for the national mean.
    fates : Fates
        Changed in place where a way to leave turns out not to happen.
    labour : LabourMarket
    effects : (99,) float array
        True municipal effect on the log hazard; the last one, for place -1, is zero.

    Returns
    -------
    History
    """
    n = len(persons)
    start_week = persons["start_week"].to_numpy()
    window_end = start_week + WINDOW_WEEKS
    permit_week = persons["permit_day"].to_numpy() // 7
    permit_year = persons["permit_year"].to_numpy()
    is_woman = persons["is_woman"].to_numpy()
    hazards = {woman: cumulative_baseline("women" if woman else "men") for woman in (False, True)}
    job_loss = np.where(is_woman, constants.JOB_LOSS_RATE["women"], constants.JOB_LOSS_RATE["men"])
    after_job = persons["group"].map(constants.TRANSFER_AFTER_JOB).to_numpy()

    on_transfer = persons["on_transfer"].to_numpy().copy()
    next_start = start_week.copy()
    had_job = np.zeros(n, dtype=bool)
    spells, jobs, transfers = [], [], []

    _employed_at_start(draws, persons, fates, next_start, on_transfer, had_job, jobs)
    for number in range(1, constants.MOST_SPELLS + 1):
        rows = np.flatnonzero((next_start < window_end) & (next_start < calendar.DATA_END))
        if not len(rows):
            break
        start = next_start[rows]
        where = place_in_week(place, fates, rows, start) if place.min() >= 0 else np.full(len(rows), -1)
        filled = spell_terms(
            terms.iloc[rows],
            calendar.iso_year(start),
            start - permit_week[rows],
            labour.of(where, permit_year[rows]),
        )
        predictor = linear_predictor(filled, is_woman[rows]) + effects[where]

        needed = draws.exponential(rows) * np.exp(-predictor)
        duration = np.where(
            is_woman[rows], np.searchsorted(hazards[True], needed), np.searchsorted(hazards[False], needed)
        )
        job = start + np.maximum(duration, 1)
        job = np.where(on_transfer[rows], job, calendar.next_month_week(job))

        move = np.where(fates.move_week[rows] > start[:, None], fates.move_week[rows], NEVER).min(axis=1)
        _sharpen_moves(draws, rows, job, move, window_end, fates)
        move = np.where(fates.move_week[rows] > start[:, None], fates.move_week[rows], NEVER).min(axis=1)
        leave = np.where(fates.leave_week[rows] > start, fates.leave_week[rows], NEVER)
        success = (
            (job < window_end[rows])
            & (job + SUCCESS_WEEKS <= calendar.DATA_END)
            & (job <= move)
            & (job + SUCCESS_WEEKS <= leave)
        )
        exits = np.column_stack([leave, move, window_end[rows], np.full(len(rows), calendar.DATA_END)])
        first = exits.argmin(axis=1)  # of several in one week the first of the list
        reasons = np.array(["leave", "move", "window_end", "data_end"], dtype=object)[first]
        leaving = pd.Series(fates.leave_kind[rows]).map(EXIT_REASONS).to_numpy()
        reasons = np.where(first == 0, leaving, reasons)
        spells.append(
            pd.DataFrame(
                {
                    "person": rows,
                    "spell_number": number,
                    "start": start,
                    "exit": np.where(success, job, exits.min(axis=1)),
                    "place": where,
                    "outcome": np.where(success, "success", np.where(first == 0, "left", "unfinished")),
                    "exit_reason": np.where(success, "employment", reasons),
                    "weeks_since_permit": start - permit_week[rows],
                }
            )
        )

        # the job: also one after a move or after the window, which ends no spell
        works = success | ((job < calendar.DATA_END) & (job + SUCCESS_WEEKS <= leave))
        window_hazard = np.where(is_woman[rows], hazards[True][WINDOW_WEEKS], hazards[False][WINDOW_WEEKS])
        ease = np.clip(predictor + np.log(window_hazard), -2.0, 2.0)
        loss = job_loss[rows] * np.exp(-constants.JOB_LOSS_RISK_SLOPE * ease)
        held = np.ceil(draws.exponential(rows) / -np.log1p(-np.minimum(loss, 0.5))).astype(np.int64)
        length = SUCCESS_WEEKS + np.maximum(held, 1)
        next_on_transfer = draws.uniform(rows) < after_job[rows]
        over = job + length
        over = np.where(next_on_transfer, over, calendar.next_month_week(over))
        # a way to leave while employed: emigration and death end the job, the others do not happen
        gone = leave <= over
        cancelled = success & gone & (leave < NEVER) & (fates.leave_kind[rows] > DEATH)
        fates.leave_week[rows[cancelled]] = NEVER
        fates.leave_day[rows[cancelled]] = NEVER
        gone &= ~cancelled & (leave < NEVER)
        leave_day = fates.leave_day[rows]

        jobs.append(
            _main_jobs(
                draws, rows, job, over, on_transfer[rows], next_on_transfer, works, success, gone, leave_day
            )
        )
        until = np.where(works, job, np.minimum(leave, calendar.DATA_END))
        side_jobs, side_weeks = _side_jobs(draws, rows, start, until, on_transfer[rows])
        jobs.append(side_jobs)
        transfers.append(_transfers(draws, rows, start, until, on_transfer[rows], had_job[rows], side_weeks))

        continues = success & ~gone & (over < window_end[rows]) & (over < calendar.DATA_END)
        idle = success & ~gone & ~continues & next_on_transfer & (over < calendar.DATA_END)
        transfers.append(
            pd.DataFrame(
                {
                    "person": rows[idle],
                    "start": over[idle],
                    "end": np.minimum(fates.leave_week[rows[idle]], calendar.DATA_END),
                    "kind": "after_job",
                }
            ).query("start < end")
        )
        next_start[rows] = np.where(continues, over, NEVER)
        on_transfer[rows] = np.where(continues, next_on_transfer, on_transfer[rows])
        had_job[rows] |= continues
    assert not ((next_start < window_end) & (next_start < calendar.DATA_END)).any(), (
        "more spells than allowed"
    )
    return History(
        spells=pd.concat(spells, ignore_index=True),
        jobs=pd.concat(jobs, ignore_index=True),
        transfers=pd.concat(transfers, ignore_index=True),
        fates=fates,
    )


def _employed_at_start(draws, persons, fates, next_start, on_transfer, had_job, jobs):
    """Some are employed in the first week: their first spell starts when that job ends, or never."""
    start = persons["start_week"].to_numpy()
    ready = (
        (persons["group"] == "family_reunified").to_numpy()
        & (persons["entry_day"].to_numpy() <= 7 * start)
        & (fates.leave_week == NEVER)
        & (start < calendar.DATA_END - 60)
    )
    rows = np.flatnonzero(ready & (draws.uniform() < constants.EMPLOYED_AT_START))
    length = draws.integers(4, 90, rows)
    length = np.where(draws.uniform(rows) < 0.15, WINDOW_WEEKS + 30, length)
    over = calendar.next_month_week(start[rows] + length)
    end = calendar.month_start(calendar.month_of_week(over)) - 1 - draws.integers(0, 10, rows)
    jobs.append(
        pd.DataFrame(
            {
                "person": rows,
                "start_day": 7 * start[rows],
                "end_day": np.minimum(end, LAST_DAY),
                "hours": draws.choice([12.0, 20.0, 30.0, 37.0], np.ones(4), rows),
            }
        )
    )
    next_start[rows] = over
    on_transfer[rows] = False
    had_job[rows] = True


def _sharpen_moves(draws, rows, job, move, window_end, fates):
    """Let a few persons move in the very week of the success."""
    alone = (fates.move_week[rows] == NEVER).all(axis=1) & (job < window_end[rows])
    chosen = (
        alone & (draws.uniform(rows) < constants.SHARP_MOVE_SHARE) & (job + SUCCESS_WEEKS < calendar.DATA_END)
    )
    fates.move_week[rows[chosen], 0] = job[chosen]


def _main_jobs(draws, rows, job, over, was_on_transfer, next_on_transfer, works, success, gone, leave_day):
    """Jobs that start in week `job` and are over in week `over`.

    Next to a transfer a job starts on a Monday and ends on a Sunday; without one, hours of the month decide
    the state, so it may start and end on any day of the month. A job that is a success has hours enough.
    """
    month = calendar.month_of_week(job)
    within = draws.integers(0, 20, rows) * (draws.uniform(rows) < 0.5)
    start_day = np.where(was_on_transfer, 7 * job, calendar.month_start(month) + within)
    last_month_end = calendar.month_start(calendar.month_of_week(over)) - 1
    early = draws.integers(0, 12, rows) * (draws.uniform(rows) < 0.5)
    end_day = np.where(next_on_transfer, 7 * over - 1, last_month_end - early)
    end_day = np.where(gone, np.minimum(end_day, leave_day - 1), end_day)
    end_day = np.minimum(end_day, LAST_DAY)
    hours = draws.choice(list(constants.WEEKLY_HOURS), list(constants.WEEKLY_HOURS.values()), rows)
    mean = _mean_hours(job, start_day, end_day, hours)
    too_few = success & (mean < constants.HOURS_MARGIN)
    hours = np.where(too_few, hours * (constants.HOURS_MARGIN + 1) / np.maximum(mean, 1), hours)
    frame = pd.DataFrame({"person": rows, "start_day": start_day, "end_day": end_day, "hours": hours})
    return frame[works & (end_day >= start_day)]


def _mean_hours(job, start_day, end_day, hours):
    """Mean weekly hours over the 13 weeks from `job`, the month's hours spread over its days."""
    months = calendar.month_of_week(job[:, None] + np.arange(SUCCESS_WEEKS)[None, :])
    first, days = calendar.month_start(months), calendar.days_in_month(months)
    worked = np.minimum(end_day[:, None] + 1, first + days) - np.maximum(start_day[:, None], first)
    return (hours[:, None] / 7 * np.maximum(worked, 0) * 7 / days).mean(axis=1)


def _side_jobs(draws, rows, start, until, on_transfer):
    """Jobs inside the spells that are no success: under 13 weeks, or under 20 hours, or beside a transfer.

    Returns
    -------
    jobs : DataFrame
    weeks : (m, 2) int array
        Weeks without a transfer because of the job, end excluded; (0, 0) where there is none.
    """
    shares = [1 - constants.SIDE_JOB_SHARE, *(constants.SIDE_JOB_SHARE * np.array([0.5, 0.3, 0.2]))]
    kind = draws.choice(np.arange(4), shares, rows)
    short, few_hours, beside = kind == 1, kind == 2, (kind == 3) & on_transfer
    # on a transfer: whole weeks between transfer weeks
    length = np.where(short, draws.integers(2, 11, rows), draws.integers(10, 40, rows))
    room = until - start - length - 12
    begin = start + 6 + np.floor(draws.uniform(rows) * np.maximum(room, 1)).astype(np.int64)
    fits = (room > 0) & (kind > 0)
    few = np.round(3 + 12 * draws.uniform(rows), 1)
    hours = np.where(short, draws.choice([20.0, 30.0, 37.0], np.ones(3), rows), few)
    first_day, last_day = 7 * begin, 7 * (begin + length) - 1
    # without a transfer: whole months, and a month without hours before and after
    months = np.where(short, draws.integers(1, 3, rows), draws.integers(3, 9, rows))
    first_free = calendar.month_of_week(start) + 1
    room = calendar.month_of_week(np.minimum(until, calendar.DATA_END) - 1) - 1 - first_free - months
    month = first_free + np.floor(draws.uniform(rows) * np.maximum(room, 1)).astype(np.int64)
    fits = np.where(on_transfer, fits & (short | few_hours | beside), (room > 0) & (short | few_hours))
    first_day = np.where(on_transfer, first_day, calendar.month_start(month) + draws.integers(0, 15, rows))
    last_day = np.where(on_transfer, last_day, calendar.month_start(month + months) - 1)
    jobs = pd.DataFrame({"person": rows, "start_day": first_day, "end_day": last_day, "hours": hours})[fits]
    free = fits & on_transfer & ~beside
    weeks = np.where(free[:, None], np.column_stack([begin, begin + length]), 0)
    return jobs, weeks


def _transfers(draws, rows, start, until, on_transfer, had_job, side_weeks):
    """Transfer weeks of the spells, without the weeks of side jobs; a few for the self-supporting too."""
    kind = np.where(had_job, "after_job", "before_job")
    whole = on_transfer & (side_weeks[:, 1] == 0)
    split = on_transfer & ~whole
    sick = ~on_transfer & (draws.uniform(rows) < 0.06) & (until - start > 30)
    sick_start = (
        start + 2 + np.floor(draws.uniform(rows) * np.maximum(until - start - 20, 1)).astype(np.int64)
    )
    parts = [
        (whole, start, until, kind),
        (split, start, side_weeks[:, 0], kind),
        (split, side_weeks[:, 1], until, kind),
        (sick, sick_start, sick_start + draws.integers(2, 9, rows), np.full(len(rows), "890")),
    ]
    return pd.concat(
        [
            pd.DataFrame({"person": rows[mask], "start": a[mask], "end": b[mask], "kind": k[mask]})
            for mask, a, b, k in parts
        ],
        ignore_index=True,
    )
