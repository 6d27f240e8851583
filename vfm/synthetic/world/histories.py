"""Weekly histories: spells first, and the jobs, transfers and moves that imply exactly them.

All weeks are week numbers of `calendar`. A spell that starts in week s draws the week t of its success from
the proportional hazard; whatever comes first of t, a move, a way to leave, the end of the window and the end
of the data ends it (method, sections 1-3). The registers follow from what is drawn here.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from vfm.synthetic.world import calendar, constants
from vfm.synthetic.world.case_mix import labour_market, linear_predictor, spell_terms
from vfm.synthetic.world.classifications import Municipalities
from vfm.synthetic.world.disturbance import UNDISTURBED, Disturbance
from vfm.synthetic.world.streams import PersonDraws, stream

WINDOW_WEEKS = 156
SUCCESS_WEEKS = 13
NEVER = 10**6  # a week that does not come
MOST_MOVES = 3
Leaving = tuple[np.ndarray, np.ndarray, np.ndarray]  # kind, week and day; see `draw_leaving`
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


def _by_sex_and_group(rates, persons):
    """Rate of each person, from {sex: {group: rate}}; (n,) float array."""
    women, men = (persons["group"].map(rates[sex]).to_numpy(float) for sex in ("women", "men"))
    return np.where(persons["is_woman"], women, men)


def draw_leaving(seed: int, persons: pd.DataFrame) -> Leaving:
    """Draw a way to leave for each person.

    Parameters
    ----------
    seed : int
    persons : DataFrame

    Returns
    -------
    kind, week, day : (n,) int arrays
        Week and day are NEVER where the person does not leave inside the data.
    """
    rng = stream(seed, "leaving")
    n = len(persons)
    start = persons["start_week"].to_numpy()
    rate = _by_sex_and_group(constants.LEAVE_RATE, persons) / 52.18
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


def resident_weeks(persons: pd.DataFrame, leaving: Leaving, weeks: int) -> np.ndarray:
    """Weeks at the start of the programme in which persons live in Denmark and the registers have data.

    Parameters
    ----------
    persons : DataFrame
    leaving : tuple
        See `draw_leaving`.
    weeks : int
        How many weeks of the programme are looked at.

    Returns
    -------
    (n,) int array
    """
    kind, leave_week, _ = leaving
    start = persons["start_week"].to_numpy()
    away = np.where(kind <= DEATH, leave_week, NEVER)
    return np.minimum(np.minimum(away, calendar.DATA_END) - start, weeks)


def draw_fates(
    draws: PersonDraws, persons: pd.DataFrame, leaving: Leaving, place: np.ndarray, places: Municipalities
) -> Fates:
    """Draw the moves of persons who settled.

    Parameters
    ----------
    draws : PersonDraws
        Of the persons.
    persons : DataFrame
    leaving : tuple
        See `draw_leaving`.
    place : (n,) int array
        Municipality at the programme start, -1 for none.
    places : classifications.Municipalities

    Returns
    -------
    Fates
        The moves beside the ways to leave.
    """
    n = len(persons)
    start = persons["start_week"].to_numpy()
    rate = _by_sex_and_group(constants.MOVE_RATE, persons) / 52.18
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


def cumulative_baseline(sex: str, weeks: int = 500) -> np.ndarray:
    """Cumulative baseline hazard H(0), H(1), ..., H(weeks) at all covariates zero."""
    duration = np.arange(1, weeks + 1)
    shape = 1 + (constants.BASELINE_START - 1) * np.exp(-duration / constants.BASELINE_RAMP_WEEKS[sex])
    shape = shape * np.exp(constants.BASELINE_SLOPE[sex] * np.minimum(duration, WINDOW_WEEKS) / 100)
    return np.concatenate([[0.0], np.cumsum(np.exp(constants.BASELINE_LOG_LEVEL[sex]) * shape)])


def _place_in_week(place, fates, rows, week):
    """Municipality on the Sunday of a week, for some rows of the persons."""
    moved = (fates.move_week[rows] <= np.asarray(week)[:, None]).sum(axis=1)
    chain = np.hstack([place[rows][:, None], fates.move_place[rows]])
    return chain[np.arange(len(rows)), moved]


class LabourMarket:
    """Labour market of each municipality by permit year; position -1 is the national mean."""

    def __init__(self, places: Municipalities) -> None:
        table = labour_market()
        mean = table.groupby("year")[["unemployment", "jobs", "skill"]].mean()
        by_area = {area: frame.set_index("year") for area, frame in table.groupby("commuting_area")}
        columns = ["unemployment", "jobs", "skill"]
        frames = [by_area[area][columns] for area in places.province] + [mean]
        self.values = np.stack([frame.reindex(range(2008, 2016)).to_numpy() for frame in frames])

    def of(self, place: ArrayLike, permit_year: ArrayLike) -> np.ndarray:
        """(m, 3) array: unemployment, jobs per resident, skill."""
        return self.values[np.asarray(place), np.asarray(permit_year) - 2008]


def simulate_histories(
    draws: PersonDraws,
    persons: pd.DataFrame,
    terms: pd.DataFrame,
    place: np.ndarray,
    fates: Fates,
    labour: LabourMarket,
    effects: np.ndarray,
    disturbance: Disturbance = UNDISTURBED,
) -> History:
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
    disturbance : Disturbance

    Returns
    -------
    History
    """
    simulation = _Simulation(draws, persons, terms, place, fates, labour, effects, disturbance)
    simulation.employ_at_start()
    for number in range(1, constants.MOST_SPELLS + 1):
        rows = simulation.waiting()
        if not len(rows):
            break
        simulation.go_through_spells(number, rows)
    assert not len(simulation.waiting()), "more spells than allowed"
    return History(
        spells=pd.concat(simulation.spells, ignore_index=True),
        jobs=pd.concat(simulation.jobs, ignore_index=True),
        transfers=pd.concat(simulation.transfers, ignore_index=True),
        fates=fates,
    )


@dataclass
class _Round:
    """The spells with one number, a person each; arrays in the order of `rows`.

    Attributes
    ----------
    rows : (m,) int array
        Positions of the persons.
    start : (m,) int array
        First week of the spell.
    job : (m,) int array
        Week in which the person would begin the job that ends the spell.
    leave : (m,) int array
        Week of the way to leave, NEVER if none comes after the start.
    success : (m,) bool array
        The spell ends with the job.
    """

    rows: np.ndarray
    start: np.ndarray
    job: np.ndarray
    leave: np.ndarray
    success: np.ndarray


class _Simulation:
    """Histories in the making: where every person stands, and the rows made so far.

    `draws` gives the random numbers in the order of the calls: a call that moves changes every history.
    """

    def __init__(self, draws, persons, terms, place, fates, labour, effects, disturbance):
        self.draws, self.persons, self.terms, self.place = draws, persons, terms, place
        self.fates, self.labour, self.effects, self.disturbance = fates, labour, effects, disturbance
        self.is_refugee = (persons["group"] == "refugee").to_numpy()
        self.window_end = persons["start_week"].to_numpy() + WINDOW_WEEKS
        self.permit_week = persons["permit_day"].to_numpy() // 7
        self.permit_year = persons["permit_year"].to_numpy()
        self.is_woman = persons["is_woman"].to_numpy()
        self.hazards = {woman: cumulative_baseline("women" if woman else "men") for woman in (False, True)}
        self.job_loss = np.where(
            self.is_woman, constants.JOB_LOSS_RATE["women"], constants.JOB_LOSS_RATE["men"]
        )
        self.after_job = persons["group"].map(constants.TRANSFER_AFTER_JOB).to_numpy()
        # where the persons stand between two spells
        self.next_start = persons["start_week"].to_numpy().copy()
        self.on_transfer = persons["on_transfer"].to_numpy().copy()
        self.had_job = np.zeros(len(persons), dtype=bool)
        self.spells, self.jobs, self.transfers = [], [], []

    def waiting(self):
        """Positions of the persons who begin another spell inside their window and the data."""
        return np.flatnonzero((self.next_start < self.window_end) & (self.next_start < calendar.DATA_END))

    def employ_at_start(self):
        """Some are employed in the first week: their first spell starts when that job ends, or never."""
        draws, start = self.draws, self.persons["start_week"].to_numpy()
        ready = (
            (self.persons["group"] == "family_reunified").to_numpy()
            & (self.persons["entry_day"].to_numpy() <= 7 * start)
            & (self.fates.leave_week == NEVER)
            & (start < calendar.DATA_END - 60)
        )
        rows = np.flatnonzero(ready & (draws.uniform() < constants.EMPLOYED_AT_START))
        length = draws.integers(4, 90, rows)
        length = np.where(draws.uniform(rows) < 0.15, WINDOW_WEEKS + 30, length)
        over = calendar.next_month_week(start[rows] + length)
        end = calendar.month_start(calendar.month_of_week(over)) - 1 - draws.integers(0, 10, rows)
        self.jobs.append(
            pd.DataFrame(
                {
                    "person": rows,
                    "start_day": 7 * start[rows],
                    "end_day": np.minimum(end, LAST_DAY),
                    "hours": draws.choice([12.0, 20.0, 30.0, 37.0], np.ones(4), rows),
                }
            )
        )
        self.next_start[rows] = over
        self.on_transfer[rows] = False
        self.had_job[rows] = True

    def go_through_spells(self, number, rows):
        """Simulate the spells with a number, the jobs and transfers in and after them, and what follows."""
        start = self.next_start[rows]
        if self.place.min() >= 0:
            where = _place_in_week(self.place, self.fates, rows, start)
        else:
            where = np.full(len(rows), -1)
        predictor = self._predictor(rows, start, where)
        job = self._job_weeks(rows, start, predictor)
        if self.disturbance.moves_before_success:
            self._move_before_success(rows, start, job)
        self._sharpen_moves(rows, job)
        spells = self._end_spells(number, rows, start, where, job)
        over, next_on_transfer, gone = self._job_ends(spells, predictor)
        self._fill_spells(spells, over, next_on_transfer, gone)
        self._go_on(spells, over, next_on_transfer, gone)

    def _predictor(self, rows, start, where):
        """x b of the spells, with the effect of the municipality."""
        filled = spell_terms(
            self.terms.iloc[rows],
            calendar.iso_year(start),
            start - self.permit_week[rows],
            self.labour.of(where, self.permit_year[rows]),
        )
        return linear_predictor(filled, self.is_woman[rows]) + self.effects[where]

    def _job_weeks(self, rows, start, predictor):
        """Week of the job by the proportional hazard; without a transfer it is the first of its month."""
        needed = self.draws.exponential(rows) * np.exp(-predictor)
        duration = self._weeks_until(needed, rows, self.hazards)
        if self.disturbance.refugee_hazard:
            other = {woman: self.disturbance.bent(hazard) for woman, hazard in self.hazards.items()}
            bent = self._weeks_until(needed, rows, other)
            duration = np.where(self.is_refugee[rows], bent, duration)
        job = start + np.maximum(duration, 1)
        return np.where(self.on_transfer[rows], job, calendar.next_month_week(job))

    def _weeks_until(self, needed, rows, hazards):
        """Weeks in which the cumulative hazard of each person's sex comes to what is needed."""
        return np.where(
            self.is_woman[rows],
            np.searchsorted(hazards[True], needed),
            np.searchsorted(hazards[False], needed),
        )

    def _move_before_success(self, rows, start, job):
        """Let some move in the weeks before the job that would have ended their spell."""
        fates = self.fates
        earlier = job - self.draws.integers(1, 5, rows)
        chosen = (
            (fates.move_week[rows] == NEVER).all(axis=1)
            & (self.draws.uniform(rows) < self.disturbance.moves_before_success)
            & (job < self.window_end[rows])
            & (start < earlier)
            & (job + SUCCESS_WEEKS < calendar.DATA_END)
        )
        fates.move_week[rows[chosen], 0] = earlier[chosen]

    def _sharpen_moves(self, rows, job):
        """Let a few persons move in the very week of the success."""
        fates = self.fates
        alone = (fates.move_week[rows] == NEVER).all(axis=1) & (job < self.window_end[rows])
        chosen = (
            alone
            & (self.draws.uniform(rows) < constants.SHARP_MOVE_SHARE)
            & (job + SUCCESS_WEEKS < calendar.DATA_END)
        )
        fates.move_week[rows[chosen], 0] = job[chosen]

    def _end_spells(self, number, rows, start, where, job):
        """Note how each spell ends; returns the `_Round`."""
        fates, window_end = self.fates, self.window_end[rows]
        move = np.where(fates.move_week[rows] > start[:, None], fates.move_week[rows], NEVER).min(axis=1)
        leave = np.where(fates.leave_week[rows] > start, fates.leave_week[rows], NEVER)
        success = (
            (job < window_end)
            & (job + SUCCESS_WEEKS <= calendar.DATA_END)
            & (job <= move)
            & (job + SUCCESS_WEEKS <= leave)
        )
        exits = np.column_stack([leave, move, window_end, np.full(len(rows), calendar.DATA_END)])
        first = exits.argmin(axis=1)  # of several in one week the first of the list
        reasons = np.array(["leave", "move", "window_end", "data_end"], dtype=object)[first]
        leaving = pd.Series(fates.leave_kind[rows]).map(EXIT_REASONS).to_numpy()
        reasons = np.where(first == 0, leaving, reasons)
        self.spells.append(
            pd.DataFrame(
                {
                    "person": rows,
                    "spell_number": number,
                    "start": start,
                    "exit": np.where(success, job, exits.min(axis=1)),
                    "place": where,
                    "outcome": np.where(success, "success", np.where(first == 0, "left", "unfinished")),
                    "exit_reason": np.where(success, "employment", reasons),
                    "weeks_since_permit": start - self.permit_week[rows],
                }
            )
        )
        return _Round(rows, start, job, leave, success)

    def _job_ends(self, spells, predictor):
        """Week in which each job is over, who is on a transfer then, and who leaves while employed.

        Emigration and death end the job. The other ways to leave do not happen to those who succeed.
        """
        rows, leave, fates = spells.rows, spells.leave, self.fates
        hazards = self.hazards
        at_window_end = np.where(
            self.is_woman[rows], hazards[True][WINDOW_WEEKS], hazards[False][WINDOW_WEEKS]
        )
        ease = np.clip(predictor + np.log(at_window_end), -2.0, 2.0)
        loss = self.job_loss[rows] * np.exp(-constants.JOB_LOSS_RISK_SLOPE * ease)
        held = np.ceil(self.draws.exponential(rows) / -np.log1p(-np.minimum(loss, 0.5))).astype(np.int64)
        next_on_transfer = self.draws.uniform(rows) < self.after_job[rows]
        over = spells.job + SUCCESS_WEEKS + np.maximum(held, 1)
        over = np.where(next_on_transfer, over, calendar.next_month_week(over))
        gone = (leave <= over) & (leave < NEVER)
        cancelled = spells.success & gone & (fates.leave_kind[rows] > DEATH)
        fates.leave_week[rows[cancelled]] = NEVER
        fates.leave_day[rows[cancelled]] = NEVER
        return over, next_on_transfer, gone & ~cancelled

    def _fill_spells(self, spells, over, next_on_transfer, gone):
        """Add the jobs, the side jobs and the transfers that belong to the spells."""
        draws, rows, start, job = self.draws, spells.rows, spells.start, spells.job
        on_transfer = self.on_transfer[rows]
        # also a job after a move or after the window, which ends no spell
        works = spells.success | ((job < calendar.DATA_END) & (job + SUCCESS_WEEKS <= spells.leave))
        leave_day = self.fates.leave_day[rows]
        self.jobs.append(
            _main_jobs(
                draws, rows, job, over, on_transfer, next_on_transfer, works, spells.success, gone, leave_day
            )
        )
        until = np.where(works, job, np.minimum(spells.leave, calendar.DATA_END))
        side_jobs, side_weeks = _side_jobs(draws, rows, start, until, on_transfer)
        self.jobs.append(side_jobs)
        self.transfers.append(
            _transfers(draws, rows, start, until, on_transfer, self.had_job[rows], side_weeks)
        )

    def _go_on(self, spells, over, next_on_transfer, gone):
        """Say when the next spells start; the last job may be followed by transfers outside the window."""
        rows, stays = spells.rows, spells.success & ~gone
        continues = stays & (over < self.window_end[rows]) & (over < calendar.DATA_END)
        idle = stays & ~continues & next_on_transfer & (over < calendar.DATA_END)
        self.transfers.append(
            pd.DataFrame(
                {
                    "person": rows[idle],
                    "start": over[idle],
                    "end": np.minimum(self.fates.leave_week[rows[idle]], calendar.DATA_END),
                    "kind": "after_job",
                }
            ).query("start < end")
        )
        self.next_start[rows] = np.where(continues, over, NEVER)
        self.on_transfer[rows] = np.where(continues, next_on_transfer, self.on_transfer[rows])
        self.had_job[rows] |= continues


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
        Weeks without a transfer because of the job, end excluded; (0, 0) if there are no such weeks.
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
