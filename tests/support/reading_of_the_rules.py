"""An independent reading of the rules for spells and programme days: one person at a time, week by week.

Written from the method and DECISIONS.md (P2-P7, S1-S14) without a look at the SQL, as plain loops: slow and
meant to be read. It takes the raw rows of one person and returns what the warehouse should hold.
"""

from __future__ import annotations

import calendar
import csv
import datetime as dt
from dataclasses import dataclass, field
from pathlib import Path

WEEK = dt.timedelta(days=7)
DAY = dt.timedelta(days=1)
LAST_DREAM_WEEK = dt.date(2016, 8, 22)
SEEDS = Path(__file__).parents[2] / "seeds" / "classifications"


def _seed(name: str) -> list[dict]:
    with open(SEEDS / f"{name}.csv", encoding="utf-8") as file:
        return list(csv.DictReader(file))


QUALIFYING = {
    (row["permit_category"], row["permit_basis"], row["permit_explanation"]): row["residence_ground"]
    for row in _seed("residence_grounds")
    if row["is_qualifying"] == "true"
}
WESTERN = {row["country_code"] for row in _seed("countries") if row["is_western"] == "true"}
OUTCOMES = {"employment": "success", "death": "left", "emigration": "left", "excluded_state": "left"}
DREAM_STATES = {row["dream_code"]: row["dream_state"] for row in _seed("dream_states")}


@dataclass
class Person:
    """The raw rows of one person, dates as dates, codes padded."""

    # date, KOM, OPR_LAND, birth, sex
    population: list[tuple[dt.date, str, str, dt.date, int]] = field(default_factory=list)
    migrations: list[tuple[dt.date, str]] = field(default_factory=list)
    moves: list[tuple[dt.date, str, str]] = field(default_factory=list)  # date, from, to
    death: dt.date | None = None
    permits: list[tuple[dt.date, tuple[str, str, str]]] = field(default_factory=list)
    dream: dict[dt.date, str] = field(default_factory=dict)  # Monday -> code
    jobs: list[tuple[dt.date, float]] = field(default_factory=list)  # end of the period, paid hours


def monday(date: dt.date) -> dt.date:
    return date - dt.timedelta(days=date.weekday())


def years_later(date: dt.date, years: int) -> dt.date:
    try:
        return date.replace(year=date.year + years)
    except ValueError:  # 29 February
        return date.replace(year=date.year + years, day=28)


def completed_years(birth: dt.date, date: dt.date) -> int:
    return date.year - birth.year - ((date.month, date.day) < (birth.month, birth.day))


def programme_start(person: Person) -> tuple[dt.date, dt.date] | None:
    """Entry and programme start date, or None for somebody outside the population."""
    arrivals = [date for date, direction in person.migrations if direction == "I"]
    permits = [date for date, codes in person.permits if codes in QUALIFYING]
    if not arrivals or not permits or not person.population:
        return None
    entry, permit = min(arrivals), min(permits)
    _, _, country, birth, _ = max(person.population)
    start = permit if permit >= entry else monday(entry) + WEEK
    if not (2008 <= entry.year <= 2015 and 2008 <= permit.year <= 2015):
        return None
    if country in WESTERN or not 18 <= completed_years(birth, start) <= 64:
        return None
    return entry, start


def residence(person: Person, entry: dt.date):
    """Return the function that says where the person lives on a day."""
    last_of_day = {}
    for date, origin, destination in sorted(person.moves, key=lambda move: (move[0], move[2], move[1])):
        if date >= entry and origin != destination:
            if date not in last_of_day or destination > last_of_day[date][1]:
                last_of_day[date] = (origin, destination)
    moves = sorted(last_of_day.items())
    if moves:
        first = moves[0][1][0]
    else:
        first = min(row for row in person.population if row[0] >= entry)[1]

    def municipality(day: dt.date) -> str:
        here = first
        for date, (_, destination) in moves:
            if date <= day:
                here = destination
        return here

    return municipality


def absences(person: Person, entry: dt.date) -> list[tuple[dt.date, dt.date]]:
    events = sorted(
        {event for event in person.migrations if event[0] >= entry},
        key=lambda event: (event[0], event[1] == "I"),  # out before in
    )
    out = []
    for place, (date, direction) in enumerate(events):
        if direction == "U":
            returns = [later for later, kind in events[place + 1 :] if kind == "I"]
            out.append((date, returns[0] if returns else dt.date.max))
    return out


def state_of_week(person: Person, week: dt.date, away: list[tuple[dt.date, dt.date]]) -> tuple[str, float]:
    """State and paid hours of the ISO week that starts on `week`."""
    thursday = week + 3 * DAY
    in_month = [
        hours for end, hours in person.jobs if (end.year, end.month) == (thursday.year, thursday.month)
    ]
    hours = sum(in_month) * 7 / calendar.monthrange(thursday.year, thursday.month)[1]
    dream = DREAM_STATES.get(person.dream.get(week, ""), "no_transfer")
    if (person.death and week >= monday(person.death)) or dream == "dead":
        return "dead", hours
    for out, back in away:
        if monday(out) <= week and (back == dt.date.max or week < monday(back)):
            return "emigrated", hours
    if dream in ("emigrated", "excluded", "transfer"):
        return dream, hours
    return ("employed" if hours > 0 else "self_supporting"), hours


# One walk through the weeks, written as the report words it, apart from the SQL that it checks
def spells(  # noqa: C901, PLR0915
    person: Person,
    *,
    gap_weeks: int = 1,
    restart_after_move: bool = False,
    follow_up_ends_weeks_before_data: int = 0,
) -> list[dict]:
    """Return the person's spells, each with what the warehouse says of it; the switches are S12 to S14."""
    found = programme_start(person)
    if found is None:
        return []
    entry, start = found
    first_week = monday(start)
    lives = residence(person, entry)
    away = absences(person, entry)
    *_, birth, sex = max(person.population)
    _, ground = min((date, codes) for date, codes in person.permits if codes in QUALIFYING)
    leaving_week = monday(dt.date(birth.year + 64, 1, 4))

    last_followed = (LAST_DREAM_WEEK - first_week).days // 7 + 1 - follow_up_ends_weeks_before_data
    state, hours, home = {}, {}, {}
    for number in range(1, 156 + 13):
        week = first_week + (number - 1) * WEEK
        if week <= LAST_DREAM_WEEK:
            state[number], hours[number] = state_of_week(person, week, away)
            home[number] = lives(week + 6 * DAY)

    def without_employment(number):
        return state.get(number) in ("transfer", "self_supporting")

    def non_employment(number):
        return number <= 156 and without_employment(number)

    def succeeds(number):
        run = range(number, number + 13)
        return all(state.get(n) == "employed" for n in run) and sum(hours[n] for n in run) / 13 >= 20 - 1e-9

    def censoring(begin):
        events = []
        for number in sorted(state):
            if number > begin:
                kind = {"dead": 1, "emigrated": 2, "excluded": 3}.get(state[number])
                if kind:
                    events.append((number, kind))
                if home[number] != home[begin]:
                    events.append((number, 4))
        events.append((157, 5))
        events.append(((leaving_week - first_week).days // 7 + 1, 6))
        events.append((last_followed + 1, 7))
        reasons = ["death", "emigration", "excluded_state", "move", "window_end", "turning_64", "data_end"]
        number, kind = min(events)
        return number, reasons[kind - 1]

    result, begin = [], next((n for n in sorted(state) if non_employment(n)), None)
    while begin is not None and begin <= last_followed:
        success = next((n for n in range(begin + 1, 157) if succeeds(n)), None)
        end, reason = censoring(begin)
        if success is not None and success <= end:
            end, reason = success, "employment"
        result.append(
            {
                "spell_number": len(result) + 1,
                "sex": {1: "men", 2: "women"}[sex],
                "residence_ground": QUALIFYING[ground],
                "municipality_code": home[begin],
                "start_week": first_week + (begin - 1) * WEEK,
                "duration_weeks": max(end - begin, 1),
                "weeks_to_window_end": 157 - begin,
                "outcome": OUTCOMES.get(reason, "unfinished"),
                "exit_reason": reason,
            }
        )
        if reason != "employment" and not (reason == "move" and restart_after_move):
            break
        following, begin = end + 13 if reason == "employment" else end, None
        while following in state:
            if state[following] in ("dead", "emigrated", "excluded"):
                break
            gap = range(following, following + gap_weeks)
            if non_employment(following) and all(without_employment(number) for number in gap):
                if first_week + (following - 1) * WEEK < leaving_week:
                    begin = following
                break
            following += 1
    return result


def programme_days(person: Person) -> dict[tuple[str, int], int]:
    """Return {(municipality, year): days} of 2011-2015, counted day by day."""
    found = programme_start(person)
    if found is None:
        return {}
    entry, start = found
    end = years_later(start, 3)
    if person.death:
        end = min(end, person.death)
    end = min([end] + [out for out, back in absences(person, entry) if start <= out < back])
    lives, days, day = residence(person, entry), {}, start
    while day < end:
        if 2011 <= day.year <= 2015:
            key = (lives(day), day.year)
            days[key] = days.get(key, 0) + 1
        day += DAY
    return days
