"""Where persons live, day by day: the moves behind FLYT and BEF and the days of the programme."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from vfm.synthetic.world import calendar, constants
from vfm.synthetic.world.histories import DEATH, EMIGRATION, NEVER
from vfm.synthetic.world.streams import stream
from vfm.synthetic.world.world import World


@dataclass
class Residence:
    """Residence of persons.

    Attributes
    ----------
    moves : DataFrame
        One row per row of FLYT: person, day, origin and destination (municipality positions), real (False for
        rows that a reader must not count).
    periods : DataFrame
        person, from_day, to_day (excluded, NEVER at the end), place; complete from the entry on.
    away_day, return_day : (n,) int arrays
        Emigration or death, and return; NEVER if it does not happen.
    """

    moves: pd.DataFrame
    periods: pd.DataFrame
    away_day: np.ndarray
    return_day: np.ndarray


def residence_of(world: World) -> Residence:
    """Draw where the persons of a world live, day by day.

    Parameters
    ----------
    world : world.World

    Returns
    -------
    Residence
    """
    rng = stream(world.seed, "residence")
    persons, fates = world.persons, world.history.fates
    n, last = len(persons), 7 * calendar.DATA_END
    gone = fates.leave_kind <= DEATH
    away_day = np.where(gone, fates.leave_day, NEVER)
    away_week = np.where(gone, fates.leave_week, NEVER)

    programme_end = calendar.add_years(persons["programme_day"].to_numpy(), 3)
    back = np.maximum(programme_end, away_day + 180) + rng.integers(0, 200, n)
    returns = (fates.leave_kind == EMIGRATION) & (away_day < NEVER) & (rng.random(n) < constants.RETURN_SHARE)
    return_day = np.where(returns & (back < last - 30), back, NEVER)

    parts = [_earlier_moves(rng, persons, world.places)]
    here = persons["place"].to_numpy()
    for number in range(fates.move_week.shape[1]):
        week, to = fates.move_week[:, number], fates.move_place[:, number]
        rows = np.flatnonzero((week < calendar.DATA_END) & (week < away_week))
        parts.extend(
            _moves_of_a_week(rng, rows, week[rows], here[rows], to[rows], number, len(world.places.code))
        )
        here = to
    real = pd.concat(parts, ignore_index=True)
    first = real[real["real"]].groupby("person")["day"].min().reindex(range(n), fill_value=NEVER).to_numpy()
    within = np.flatnonzero(rng.random(n) < constants.WITHIN_SHARE)
    start = persons["programme_day"].to_numpy()[within]
    until = np.minimum(np.minimum(first[within], away_day[within]), last)
    day = start + np.floor(rng.random(len(within)) * (until - start)).astype(np.int64)
    stay = persons["place"].to_numpy()[within]
    ok = (until > start) & (first[within] > persons["programme_day"].to_numpy()[within])
    inside = pd.DataFrame({"person": within, "day": day, "origin": stay, "destination": stay, "real": False})[
        ok
    ]
    moves = pd.concat([real, inside], ignore_index=True).sort_values(
        ["person", "day", "destination"], ignore_index=True, kind="stable"
    )
    return Residence(moves, _periods(persons, moves), away_day, return_day)


def _earlier_moves(rng, persons, places):
    """A move between the entry and the programme start, for some of those who came long before."""
    entry, start = persons["entry_day"].to_numpy(), persons["programme_day"].to_numpy()
    rows = np.flatnonzero(
        persons["earlier_stay"]
        & (start - entry > 120)
        & (rng.random(len(persons)) < constants.EARLIER_MOVE_SHARE)
    )
    place = persons["place"].to_numpy()[rows]
    day = (
        entry[rows] + 20 + np.floor(rng.random(len(rows)) * (start[rows] - entry[rows] - 60)).astype(np.int64)
    )
    before = (place + rng.integers(1, len(places.code), len(rows))) % len(places.code)
    return pd.DataFrame({"person": rows, "day": day, "origin": before, "destination": place, "real": True})


def _moves_of_a_week(rng, rows, week, here, to, number, places):
    """Rows of FLYT for moves in given weeks: plain, with a stopover, or registered twice."""
    lottery = rng.random(len(rows))
    third = (here + rng.integers(1, places, len(rows))) % places
    stopover = (lottery < constants.STOPOVER_SHARE) & (third != here) & (third != to)
    twice = (lottery > 1 - constants.SECOND_ROW_SHARE) & (third < to) & (third != here) & (number > 0)
    day = 7 * week + rng.integers(3, 7, len(rows))
    earlier = 7 * week + rng.integers(0, 3, len(rows))
    frame = pd.DataFrame(
        {
            "person": rows,
            "day": day,
            "origin": np.where(stopover, third, here),
            "destination": to,
            "real": True,
        }
    )
    via = pd.DataFrame({"person": rows, "day": earlier, "origin": here, "destination": third, "real": True})
    again = pd.DataFrame({"person": rows, "day": day, "origin": here, "destination": third, "real": False})
    return [frame, via[stopover], again[twice]]


def _periods(persons, moves):
    """Periods of residence from the entry on; see `Residence`."""
    real = moves[moves["real"]]
    first_origin = real.groupby("person")["origin"].first()
    start = first_origin.reindex(range(len(persons)))
    start = start.fillna(persons["place"]).astype(np.int64)
    begin = pd.DataFrame({"person": range(len(persons)), "from_day": persons["entry_day"], "place": start})
    later = pd.DataFrame({"person": real["person"], "from_day": real["day"], "place": real["destination"]})
    periods = pd.concat([begin, later], ignore_index=True).sort_values(
        ["person", "from_day"], ignore_index=True, kind="stable"
    )
    following = periods["from_day"].shift(-1).where(periods["person"].shift(-1) == periods["person"])
    periods["to_day"] = following.fillna(NEVER).astype(np.int64)
    return periods[["person", "from_day", "to_day", "place"]]


def place_on(periods: pd.DataFrame, person: ArrayLike, day: ArrayLike) -> np.ndarray:
    """Municipality of persons on days.

    Parameters
    ----------
    periods : DataFrame
        See `Residence`.
    person : (m,) int array
    day : (m,) int array
        Day numbers, not before the person's entry.

    Returns
    -------
    (m,) int array
        Positions of the municipalities.
    """
    key = periods["person"].to_numpy().astype(np.int64) * 10**7 + periods["from_day"].to_numpy() + 10**5
    wanted = np.asarray(person, dtype=np.int64) * 10**7 + np.asarray(day) + 10**5
    return periods["place"].to_numpy()[np.searchsorted(key, wanted, side="right") - 1]


def programme_days(
    world: World, residence: Residence, first_year: int = 2011, last_year: int = 2015
) -> pd.DataFrame:
    """Days under the programme by person, municipality and year.

    From the programme start to three years later, that day excluded, until death or the first emigration.

    Returns
    -------
    pandas.DataFrame
        person, place, year, person_days.
    """
    start = world.persons["programme_day"].to_numpy()
    end = np.minimum(calendar.add_years(start, 3), residence.away_day)
    periods = residence.periods
    person = periods["person"].to_numpy()
    parts = []
    for year in range(first_year, last_year + 1):
        first, following = calendar.new_years_eve(year - 1) + 1, calendar.new_years_eve(year) + 1
        low = np.maximum(np.maximum(periods["from_day"].to_numpy(), start[person]), first)
        high = np.minimum(np.minimum(periods["to_day"].to_numpy(), end[person]), following)
        days = high - low
        parts.append(
            pd.DataFrame({"person": person, "place": periods["place"], "year": year, "person_days": days})[
                days > 0
            ]
        )
    days = pd.concat(parts, ignore_index=True)
    return days.groupby(["person", "place", "year"], as_index=False, sort=True)["person_days"].sum()
