"""Which period the name of a file says, in the spellings that Danish deliveries, SAS and Stata use."""

import calendar
import re
from dataclasses import dataclass
from datetime import date

MONTHS = {
    name: number
    for number, names in enumerate(
        "januar|january|jan februar|february|feb marts|march|mar april|apr maj|may juni|june|jun "
        "juli|july|jul august|aug september|sept|sep oktober|october|okt|oct november|nov "
        "december|dec".split(),
        start=1,
    )
    for name in names.split("|")
}
WORDS = "|".join(sorted(MONTHS, key=len, reverse=True))
QUARTER = "(?:kvartal|kvt|kv|k|quarter|qtr|q)"
YEAR = r"(?P<year>(?:19|20)\d\d)"
SHORT = r"(?P<short>\d\d)"
# of a name without its separators but one _ for each, from which register, version and part are taken
SPELLINGS = [
    re.compile(text)
    for text in (
        rf"(?:aar|år|year|y)?_?{YEAR}",
        rf"(?:ultimo|ult)_?(?:december|dec)?_?{YEAR}",
        rf"{YEAR}_(?P<month>\d\d)",
        rf"{YEAR}_?m_?(?P<month>\d\d?)",
        rf"(?P<month>\d\d)_{YEAR}",
        rf"m_?(?P<month>\d\d?)_?{YEAR}",
        rf"{YEAR}_?{QUARTER}_?(?P<quarter>[1-4])",
        rf"{QUARTER}_?(?P<quarter>[1-4])_?{YEAR}",
        rf"(?P<quarter>[1-4])_?{QUARTER}_?{YEAR}",
        rf"{YEAR}_?(?P<word>{WORDS})",
        rf"(?P<word>{WORDS})_?{YEAR}",
        rf"(?P<word>{WORDS})_?{SHORT}",
        rf"{YEAR}_(?P<month>\d\d)_(?P<day>\d\d)",
        rf"(?P<day>\d\d)_(?P<month>\d\d)_{YEAR}",
        rf"(?P<day>\d\d?)_?(?P<word>{WORDS})_?{YEAR}",
        rf"(?P<day>\d\d?)_?(?P<word>{WORDS})_?{SHORT}",
    )
]
# digits in a row, by how many there are: what they may be
IN_A_ROW = {
    2: [SHORT],
    4: [YEAR, rf"{SHORT}(?P<month>\d\d)", rf"(?P<month>\d\d){SHORT}"],
    6: [
        rf"{YEAR}(?P<month>\d\d)",
        rf"(?P<month>\d\d){YEAR}",
        rf"(?P<day>\d\d)(?P<month>\d\d){SHORT}",
        rf"{SHORT}(?P<month>\d\d)(?P<day>\d\d)",
    ],
    8: [rf"{YEAR}(?P<month>\d\d)(?P<day>\d\d)", rf"(?P<day>\d\d)(?P<month>\d\d){YEAR}"],
}


@dataclass(frozen=True)
class Period:
    """A year, or a month of it."""

    year: int
    month: int | None = None


def period_of(text: str, any_day: bool = False) -> Period | None:
    """Read the part of a name that says a period.

    Parameters
    ----------
    text : str
        In lower case, such as 2015, 201503, 2015m03, 2015q1, 2015k1, 1kv2015, marts_2015, 15, 311215.
    any_day : bool
        Whether a day within the month is one that the file's rows end on; otherwise the last of a month only.

    Returns
    -------
    Period or None
        None where it is not understood, or can be understood in two ways.
    """
    text = re.sub(r"[\s_.-]+", "_", text).strip("_")
    if text.isdecimal():
        forms = [re.compile(form) for form in IN_A_ROW.get(len(text), [])]
        if len(text) == 4 and re.fullmatch(YEAR, text):
            forms = forms[:1]  # 2012 is a year, and not December 2020
    else:
        forms = SPELLINGS
    found = {_period(match.groupdict(), any_day) for form in forms if (match := form.fullmatch(text))}
    found -= {None}
    return found.pop() if len(found) == 1 else None


def _period(said, any_day):
    """Period of what a spelling found, None where there is no such day."""
    if said.get("year"):
        year = int(said["year"])
    else:
        short = int(said["short"])
        year = 2000 + short if short < 50 else 1900 + short if short >= 60 else None
    month = said.get("month") or (MONTHS[said["word"]] if said.get("word") else None)
    month = 3 * int(said["quarter"]) if said.get("quarter") else int(month) if month else None
    if year is None or (month is not None and not 1 <= month <= 12):
        return None
    if said.get("day"):
        last = calendar.monthrange(year, month)[1]
        day = int(said["day"])
        if not 1 <= day <= last or (day < last and not any_day):
            return None
    return Period(year, month)


def last_day(period: Period) -> date:
    """Last day of a period."""
    month = period.month or 12
    return date(period.year, month, calendar.monthrange(period.year, month)[1])
