"""What the formats of Stata and SAS say about a column: how its numbers count, and what they cannot hold."""

import re
from dataclasses import dataclass
from typing import Any

from vfm.warehouse.sql_text import identifier, literal

# days, seconds or milliseconds since 1960; the column's format says which, if it has one
SAS_DATETIME = re.compile(r"DATETIME|DATEAMPM|DT[A-Z]|[EB]8601D[TZNX]|NLDATM|MDYAMPM|IS8601D[TZ]|EURDFDT")
SAS_DATE = re.compile(
    r"DATE|DDMMYY|MMDDYY|YYMMDD|[EB]8601DA|WEEKDAT|WORDDAT|NLDATE|EURDF(DD|DE|MY|WD)|MONYY|MMYY|YYMM|YYMON|YYQ"
    r"|JULIAN|IS8601DA"
)
SAS_TIME = re.compile(r"TIME|HHMM|HOUR|MMSS|[EB]8601T[MZ]|NLTIM|IS8601T")
STATA_PERIODS = {
    "w": "weeks",
    "m": "months",
    "q": "quarters",
    "h": "half years",
    "y": "years",
    "b": "business days",
}
DAYS = "date '1960-01-01' + cast({} as integer)"
SECONDS = "timestamp '1960-01-01' + to_seconds({})"
MILLISECONDS = "timestamp '1960-01-01' + to_milliseconds({})"
# full hours as they are, any other time as half past twelve: few values are read faster than many
HOURS = """
    case
        when {0} = date_trunc('hour', {0}) then {0}
        else cast({0} as date) + interval 750 minute
    end
"""
MOST_LABELS = 1_000
NO_LABEL = "no label for "


@dataclass(frozen=True)
class Meant:
    """A column whose numbers are not what they seem."""

    sql: str = ""  # what is read instead of the column, "" for the column itself
    kind: str = ""  # type of that in DuckDB
    wrong: str = ""  # why it cannot be read: the end of a sentence that begins with the column
    only: str = ""  # "date" where that is wrong of a date alone
    note: str = ""  # what was done: the end of such a sentence
    limit: int | None = None  # from here on it does not hold every whole number


def to_the_hour(timestamp: str) -> str:
    """SQL of a timestamp whose full hours are kept."""
    return f"(select {HOURS.format('moment')} from (select {timestamp} as moment))"


def stata_column(name: str, form: str, stored: str) -> Meant:
    """Say what a Stata column means by its format, such as %td, %-tc or %tm."""
    form = form.replace("%-", "%", 1)
    column = identifier(name)
    if form.startswith(("%tc", "%tC")):
        if stored == "float":
            return Meant(
                wrong=f"is a date and time ({form[:3]}) in single precision (float), "
                "which is wrong by minutes: ask for double, or for a date (%td)"
            )
        moment = MILLISECONDS.format(column)
        if form[2] == "C":  # it counts the leap seconds, of which there are 27
            moment = f"date_trunc('minute', {moment})"
        return Meant(to_the_hour(moment), "TIMESTAMP")
    if form.startswith(("%td", "%d")):
        return Meant(DAYS.format(column), "DATE")
    if form[:2] == "%t" and form[2:3] in STATA_PERIODS:
        period = STATA_PERIODS[form[2]]
        return Meant(wrong=f"counts {period} ({form[:3]}), not days: ask for a date (%td)", only="date")
    return Meant()


def sas_column(name: str, form: str, width: int) -> Meant:
    """Say what a SAS number means by its format and its length in bytes."""
    form, column = form.upper(), identifier(name)
    short = f"is stored in {width} bytes, which do not hold every {{}}: ask for a length of 8"
    limit = 1 << (8 * width - 11) if 3 <= width < 8 else None
    if SAS_DATETIME.match(form):
        if limit and width < 6:
            return Meant(wrong=short.format("second of a date and time"))
        return Meant(to_the_hour(SECONDS.format(column)), "TIMESTAMP")
    if SAS_DATE.match(form):
        if width == 3:
            return Meant(wrong=short.format("day since 1982"))
        return Meant(DAYS.format(column), "DATE")
    if SAS_TIME.match(form):
        return Meant(wrong=f"is a time of day ({form}) and no date: ask for the date", only="date")
    return Meant(limit=limit)


def labelled_column(name: str, labels: dict[float, str], data_type: str, is_id: bool, is_text: bool) -> Meant:
    """Say what a Stata number with value labels means: the number, or the label where that is the value.

    Parameters
    ----------
    name : str
    labels : dict
        {number: label}.
    data_type : str
        Of the declared column.
    is_id, is_text : bool
        Whether it holds ids, and whether its values are texts and no codes.
    """
    texts = {_whole(number): label.strip() for number, label in labels.items()}
    if not texts:
        return Meant()
    ask = "ask for the texts themselves (Stata: decode)"
    if is_id:
        return Meant(wrong=f"is numbers 1, 2, 3 with the ids as their labels: {ask}")
    numbered = all(re.match(rf"0*{re.escape(number)}(?!\d)", text) for number, text in texts.items())
    dated = data_type == "date" and all(re.search(r"\d{2}", text) for text in texts.values())
    values = all(re.fullmatch(r"\d+([.,]0+)?", text) for text in texts.values())
    if numbered or not (is_text or dated or values):
        return Meant()
    if len(texts) > MOST_LABELS:
        return Meant(wrong=f"is numbers with {len(texts):,} value labels: {ask}")
    cases = " ".join(f"when {number} then {literal(text)}" for number, text in texts.items())
    column = identifier(name)
    return Meant(
        f"case {column} {cases} else {literal(NO_LABEL)} || {column} end",
        "VARCHAR",
        note="is numbers with value labels: the labels were read",
    )


def _whole(number: Any) -> str:
    """Write a number of a label without decimals."""
    return str(int(number)) if float(number).is_integer() else str(number)
