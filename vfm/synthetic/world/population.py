"""Persons under the Integration Act: who they are, when they come and where they settle."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from vfm.synthetic.world import calendar, constants
from vfm.synthetic.world.classifications import read_seed
from vfm.synthetic.world.streams import stream

GROUPS = ("refugee", "family_reunified", "unknown")
FEWEST_SPELLS = 100  # a municipality with fewer is not benchmarked


def draw_persons(seed: int, scale: float) -> pd.DataFrame:
    """The pool of persons, before they settle.

    Returns
    -------
    pandas.DataFrame
        One row per person in pool order (index 0..n-1): group, residence_ground, is_woman, permit_year,
        permit_day, entry_day, programme_day, start_week, reference_year (of the case mix), age (31 December
        of it), birth_day, country_code, origin, world_region, country_group, danish_education, family_type,
        partner (none, danish, other), children_0_2, children_3_6, children_7_17, on_transfer, match_2_or_3,
        earlier_stay.
    """
    rng = stream(seed, "population", "cells")
    everyone = sum(sum(years.values()) for years in constants.PERSONS_BY_PERMIT_YEAR.values())
    enlargement = scale * constants.RESERVE * constants.OVERGENERATION + constants.RESERVE_PERSONS / everyone
    enlargement *= constants.CANDIDATES
    cells = [
        (group, year, max(1, round(count * enlargement)))
        for group, years in constants.PERSONS_BY_PERMIT_YEAR.items()
        for year, count in years.items()
    ]
    size = [count for _, _, count in cells]
    persons = pd.DataFrame(
        {
            "group": np.repeat([group for group, _, _ in cells], size),
            "permit_year": np.repeat([year for _, year, _ in cells], size),
        }
    )
    persons = persons.iloc[rng.permutation(len(persons))].reset_index(drop=True)
    group = persons["group"].to_numpy()
    persons["is_woman"] = rng.random(len(persons)) >= persons["group"].map(constants.MEN_SHARE)
    persons["residence_ground"] = _draw_grounds(rng, group, persons["permit_year"].to_numpy())
    _draw_dates(persons, stream(seed, "population", "dates"))
    _draw_countries(persons, stream(seed, "population", "countries"))
    _draw_ages(persons, stream(seed, "population", "ages"))
    _draw_danish_education(persons, stream(seed, "population", "danish education"))
    _draw_families(persons, stream(seed, "population", "families"))
    rng = stream(seed, "population", "support")
    persons["on_transfer"] = rng.random(len(persons)) < persons["residence_ground"].map(
        constants.TRANSFER_SHARE
    )
    share = persons["on_transfer"].map(
        {
            True: constants.MATCH_2_OR_3_SHARE["transfer"],
            False: constants.MATCH_2_OR_3_SHARE["self_supporting"],
        }
    )
    persons["match_2_or_3"] = rng.random(len(persons)) < share
    return persons


def _draw_grounds(rng, group, year):
    """Ground of residence of each person, by the shares of its group and permit year."""
    drawn = np.empty(len(group), dtype=object)
    for name, shares_until in constants.GROUND_SHARES.items():
        for members, shares in _by_period(np.flatnonzero(group == name), year, shares_until):
            weights = np.array(list(shares.values()), dtype=float)
            drawn[members] = rng.choice(
                np.array(list(shares), dtype=object), len(members), p=weights / weights.sum()
            )
    return drawn


def _by_period(members, year, until):
    """Members and value of each period; `until` has the values by the last year they hold for."""
    first = 0
    for last, value in until.items():
        yield members[(year[members] > first) & (year[members] <= last)], value
        first = last


def _draw_dates(persons, rng):
    """Permit, entry and programme start as day numbers."""
    n = len(persons)
    year = persons["permit_year"].to_numpy()
    late = persons["permit_year"].map(constants.LATE_IN_YEAR).fillna(0.0).to_numpy()
    late = np.where(persons["group"] == "family_reunified", 0.3 * late, late)
    late = np.where(persons["group"] == "unknown", 1.0, late)
    uniform = rng.random(n)
    # density 1 - late + 2 late x on the unit interval, by its inverse distribution
    with np.errstate(invalid="ignore", divide="ignore"):
        position = (-(1 - late) + np.sqrt((1 - late) ** 2 + 4 * late * uniform)) / (2 * late)
    position = np.where(late == 0, uniform, position)
    first = calendar.new_years_eve(year - 1) + 1
    last = calendar.new_years_eve(year)
    permit = first + np.floor(position * (last - first - 5)).astype(np.int64)
    february_29 = calendar.day_number(["2008-02-29", "2012-02-29"])
    permit = np.where(np.isin(permit, february_29), permit - 1, permit)

    lottery = rng.random(n)
    before = persons["group"].map(constants.PERMIT_BEFORE_ENTRY).to_numpy()
    after = persons["group"].map(constants.ENTRY_BEFORE_PERMIT).to_numpy()
    wait = rng.integers(3, 90, n)
    entry = np.where(lottery < before, permit + wait, permit)
    entry = np.where(lottery > 1 - after, permit - wait, entry)
    earlier = (
        (rng.random(n) < constants.EARLIER_STAY) & (year >= 2010) & (persons["group"] != "unknown").to_numpy()
    )
    entry = np.where(earlier, permit - rng.integers(300, 700, n), entry)
    # first-time arrival in 2008-2015, and a row in the population register of December 2015
    earliest, latest = calendar.day_number("2008-01-02"), calendar.day_number("2015-12-20")
    entry = np.clip(entry, earliest, latest)
    permit = np.where((permit > latest) & (entry < permit), latest, permit)
    start = np.where(permit >= entry, permit, 7 * (entry // 7) + 7)
    start = np.where(np.isin(start, february_29), start - 1, start)
    persons["permit_day"] = permit
    persons["entry_day"] = entry
    persons["programme_day"] = start
    persons["start_week"] = start // 7
    persons["earlier_stay"] = earlier
    persons["reference_year"] = np.maximum(year, calendar.year_of(entry))


def _draw_countries(persons, rng):
    """Country of origin and its groupings."""
    countries = read_seed("classifications/countries").set_index("country_code")
    code = np.empty(len(persons), dtype=np.int64)
    refugee_like = (persons["group"] == "refugee") | (persons["residence_ground"] == "family_to_refugee")
    woman = persons["is_woman"]
    kinds = list(
        _by_period(
            np.flatnonzero(refugee_like), persons["permit_year"].to_numpy(), constants.REFUGEE_COUNTRIES
        )
    )
    kinds += [
        (np.flatnonzero(~refugee_like & woman), constants.SPOUSE_COUNTRIES_WOMEN),
        (np.flatnonzero(~refugee_like & ~woman), constants.SPOUSE_COUNTRIES_MEN),
        (np.flatnonzero(persons["group"] == "unknown"), constants.UNKNOWN_COUNTRIES),
    ]
    for members, weights in kinds:
        share = np.array(list(weights.values()), dtype=float)
        code[members] = rng.choice(list(weights), len(members), p=share / share.sum())
    persons["country_code"] = code
    for column in ("origin", "world_region", "country_group"):
        persons[column] = countries[column].reindex(persons["country_code"].map("{:04d}".format)).to_numpy()


def _draw_ages(persons, rng):
    """Age on 31 December of the reference year and the birth date."""
    n = len(persons)
    age = 18 + rng.gamma(constants.AGE_SHAPE, constants.AGE_SCALE, n)
    spouse = (
        persons["residence_ground"].isin(["family_to_danish_or_nordic", "family_to_foreigner"]).to_numpy()
    )
    bound = spouse & (age < constants.SPOUSE_AGE) & (rng.random(n) >= constants.SPOUSES_UNDER_AGE)
    age = np.where(bound, constants.SPOUSE_AGE + rng.uniform(0, 8, n), age)
    kept = np.where(persons["is_woman"], constants.TEENAGERS_KEPT["women"], constants.TEENAGERS_KEPT["men"])
    age = np.where((age < 20) & (rng.random(n) >= kept), rng.uniform(20, 28, n), age)
    age = np.where(age > constants.OLDEST + 0.99, rng.uniform(22, 40, n), age)
    age = np.floor(age).astype(np.int64)
    age = np.where(rng.random(n) < constants.OLDEST_SHARE, constants.OLDEST, age)
    birth = (
        calendar.new_years_eve(persons["reference_year"].to_numpy() - age - 1) + 1 + rng.integers(0, 365, n)
    )
    # eighteen at the programme start
    day_of_eighteen = _anniversary(birth, 18)
    birth = np.where(day_of_eighteen > persons["programme_day"], birth - 366, birth)
    persons["birth_day"] = birth
    persons["age"] = completed_years(birth, calendar.new_years_eve(persons["reference_year"].to_numpy()))


def completed_years(birth_day: ArrayLike, day: ArrayLike) -> np.ndarray:
    """Completed years of age on a day; both are day numbers."""
    birth, now = calendar.to_date(birth_day), calendar.to_date(day)
    birth_month, month = birth.astype("datetime64[M]"), now.astype("datetime64[M]")
    months = (month - birth_month).astype(np.int64)
    day_of_month = (now - month.astype("datetime64[D]")) < (birth - birth_month.astype("datetime64[D]"))
    return (months - day_of_month) // 12


def _anniversary(day, years):
    """Day number a number of years later; 29 February becomes 1 March."""
    dates = calendar.to_date(day)
    months = dates.astype("datetime64[M]")
    shifted = (months + 12 * years).astype("datetime64[D]") + (dates - months.astype("datetime64[D]"))
    return calendar.day_number(shifted)


def _draw_danish_education(persons, rng):
    """Placement on Danish education 1, 2, 3 or unknown."""
    shares = np.array([constants.DANISH_EDUCATION_SHARES[group] for group in persons["group"]])
    shift = persons["origin"].map(constants.DANISH_EDUCATION_TOWARDS_1).fillna(0.0).to_numpy()
    shift = np.clip(shift, -shares[:, 0], shares[:, 1])
    shares[:, 0] += shift
    shares[:, 1] -= shift
    level = (rng.random(len(persons))[:, None] > shares.cumsum(axis=1)[:, :3]).sum(axis=1)
    persons["danish_education"] = np.array(["1", "2", "3", "unknown"], dtype=object)[level]


def _draw_families(persons, rng):
    """Family type, partner and children at the reference date."""
    n = len(persons)
    woman = persons["is_woman"].to_numpy().astype(int)
    married = np.array([constants.MARRIED_SHARE[g][w] for g, w in zip(persons["group"], woman, strict=True)])
    married = np.where(persons["age"] < 22, 0.5 * married, married)
    cohabiting = persons["group"].map(constants.COHABITING_SHARE).to_numpy()
    lottery = rng.random(n)
    family_type = np.where(
        lottery < married, "married", np.where(lottery < married + cohabiting, "cohabiting", "single")
    )
    persons["family_type"] = family_type
    single = family_type == "single"
    danish = (persons["residence_ground"] == "family_to_danish_or_nordic").to_numpy()
    danish = ~single & np.where(
        danish, rng.random(n) < constants.DANISH_ORIGIN_OF_PARTNER, rng.random(n) < 0.01
    )
    persons["partner"] = np.where(single, "none", np.where(danish, "danish", "other"))
    mean = persons["group"].map(constants.CHILDREN_MEAN).to_numpy()
    alone = np.array(
        [constants.CHILDREN_MEAN_SINGLE[g][w] for g, w in zip(persons["group"], woman, strict=True)]
    )
    mean = np.where(single, alone, mean)
    age = persons["age"].to_numpy()
    parent = np.clip((age - 19) / 12, 0.05, 1.0) * np.clip((58 - age) / 12, 0.0, 1.0)
    children = np.minimum(rng.poisson(mean * parent), 7)
    children = np.where(age < 20, np.minimum(children, 1), children)
    # the oldest child is at most (age - 18), so young parents have young children
    oldest = np.clip(age - 18, 1, 17)
    ages = rng.random((n, 7)) * (oldest + 1)[:, None]
    ages = np.floor(ages)
    has = np.arange(7)[None, :] < children[:, None]
    persons["children_0_2"] = (has & (ages <= 2)).sum(axis=1)
    persons["children_3_6"] = (has & (ages >= 3) & (ages <= 6)).sum(axis=1)
    persons["children_7_17"] = (has & (ages >= 7)).sum(axis=1)
    persons["child_ages"] = [tuple(int(a) for a in row[:k]) for row, k in zip(ages, children, strict=True)]
