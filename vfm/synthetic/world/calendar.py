"""Days, ISO weeks and months as integers.

Day 0 is Monday 31 December 2007, the first day of ISO week 1 of 2008; week w holds the days 7w .. 7w + 6.
Month 0 is January 2008. A week belongs to the year and to the month of its Thursday.
"""

import numpy as np
from numpy.typing import ArrayLike

EPOCH = np.datetime64("2007-12-31")
WEEKS = (
    int((np.datetime64("2016-08-22") - EPOCH).astype(int)) // 7 + 1
)  # weeks with DREAM data, 2008-W01..2016-W34
DATA_END = WEEKS  # the week after the last one: the end of data
MONTHS = (2016 - 2008) * 12 + 8  # months with hours, January 2008 .. August 2016


def day_number(date: ArrayLike) -> np.ndarray:
    """Day number of a date or of an array of dates."""
    return (np.asarray(date, dtype="datetime64[D]") - EPOCH).astype(np.int64)


def to_date(day: ArrayLike) -> np.ndarray:
    """Dates (datetime64[D]) of day numbers."""
    return EPOCH + np.asarray(day, dtype="timedelta64[D]")


def year_of(day: ArrayLike) -> np.ndarray:
    """Calendar year of each day number."""
    return to_date(day).astype("datetime64[Y]").astype(np.int64) + 1970


def new_years_eve(year: ArrayLike) -> np.ndarray:
    """Day number of 31 December of a year or of an array of years."""
    first = (np.asarray(year, dtype=np.int64) - 1970 + 1).astype("datetime64[Y]").astype("datetime64[D]")
    return day_number(first) - 1


def days_in_year(year: ArrayLike) -> np.ndarray:
    """Days of years; int array."""
    return new_years_eve(year) - new_years_eve(year - 1)


def iso_year(week: ArrayLike) -> np.ndarray:
    """ISO year of each week number."""
    return year_of(7 * np.asarray(week, dtype=np.int64) + 3)


def iso_week(week: ArrayLike) -> np.ndarray:
    """ISO week of the year, 1..53, of each week number."""
    thursday = 7 * np.asarray(week, dtype=np.int64) + 3
    return (thursday - new_years_eve(year_of(thursday) - 1) - 1) // 7 + 1


def year_week_labels(weeks: ArrayLike) -> np.ndarray:
    """Labels YYWW of the weeks, as DREAM's columns and the fee weeks spell them."""
    return np.array([f"{y % 100:02d}{w:02d}" for y, w in zip(iso_year(weeks), iso_week(weeks), strict=True)])


def month_of(day: ArrayLike) -> np.ndarray:
    """Month number of each day number."""
    return to_date(day).astype("datetime64[M]").astype(np.int64) - 38 * 12


def month_start(month: ArrayLike) -> np.ndarray:
    """Day number of the first day of each month."""
    return day_number(
        (np.asarray(month, dtype=np.int64) + 38 * 12).astype("datetime64[M]").astype("datetime64[D]")
    )


def days_in_month(month: ArrayLike) -> np.ndarray:
    """Number of days of each month."""
    return month_start(np.asarray(month) + 1) - month_start(month)


def month_of_week(week: ArrayLike) -> np.ndarray:
    """Month of the Thursday of each week."""
    return month_of(7 * np.asarray(week, dtype=np.int64) + 3)


def first_week_of_month(month: ArrayLike) -> np.ndarray:
    """The first week whose Thursday lies in the month."""
    return (month_start(month) + 3) // 7


def next_month_week(week: ArrayLike) -> np.ndarray:
    """The first week, not before the given one, that is the first of its month."""
    month = month_of_week(week)
    this = first_week_of_month(month)
    return np.where(this == week, week, first_week_of_month(month + 1))


def quarter_of(day: ArrayLike) -> np.ndarray:
    """Quarters since the first quarter of 2008 of each day number."""
    return month_of(day) // 3


def add_years(day: ArrayLike, years: int) -> np.ndarray:
    """The same date some years later; 29 February is not expected."""
    dates = to_date(day)
    months = dates.astype("datetime64[M]")
    return day_number(
        (months + 12 * years).astype("datetime64[D]") + (dates - months.astype("datetime64[D]"))
    )
