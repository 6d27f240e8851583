"""Takes values out of error messages: what DuckDB, pandas or numpy quote may be a person's id."""

import re
import traceback

HIDDEN = "(value not shown)"
DATE = re.compile(r"\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d)?")
# errors that speak of code, files and the machine: they quote names, not rows
NAMES_ONLY = re.compile(r"(Binder|Catalog|Parser|Syntax|IO|Permission|Interrupt|Out of Memory) Error")
OUR_OWN = re.compile(
    r"(Invalid Input Error: )?(register|target|seed|variable) "
)  # written by this project, without ids
PLACE_IN_SQL = re.compile(r"\n+LINE \d+:.*", re.DOTALL)  # DuckDB repeats the line of SQL: no row is in it
FILE = r"[^\s'\"]*[/\\][^\s'\"]*\.(?:parquet|duckdb|csv|json|py|sql|yml)(?:\.[\w.]+)?"
QUOTED = r"'(?P<single>[^'\n]*)'|\"(?P<double>[^\"\n]*)\""
NUMBER = r"(?<![\w.(])-?\d+(?:\.\d+)?(?![\w)])"
# a token as long as an id, with a digit; an underscore makes it a name, a point before it a decimal
LIKE_AN_ID = r"(?<![\w.])(?!U?INT\d+\b|DECIMAL\()(?:\d{6}-\d{4}|(?=[^\W_]*\d)[^\W_]{6,})(?!\w)"
SPARK_TYPE = r'"(?:STRING|(?:BIG|SMALL|TINY)?INT|DOUBLE|FLOAT|DECIMAL\(\d+,\d+\)|DATE|TIMESTAMP|BOOLEAN)"'
IN_DUCKDB = re.compile("|".join([FILE, QUOTED, NUMBER, LIKE_AN_ID]))
IN_SPARK = re.compile("|".join([rf"(?P<name>`[^`\n]*`|{SPARK_TYPE})", FILE, QUOTED, NUMBER, LIKE_AN_ID]))
IN_PYTHON = re.compile("|".join([FILE, LIKE_AN_ID]))


def of_duckdb(message: str, sql: str = "") -> str:
    """Hide the values in an error message of DuckDB.

    Parameters
    ----------
    message : str
    sql : str
        The statement that failed; what stands in it is no value of a row and stays.

    Returns
    -------
    str
        The message with every quoted text, number and id-like token replaced, but dates and files; unchanged
        where the error is about code, files or the machine, or was raised by a macro of this project.
    """
    if NAMES_ONLY.match(message) or OUR_OWN.match(message):
        return message
    message = PLACE_IN_SQL.sub("", message)
    message = re.sub(r'([Dd]uplicate key) "[^\n]*"', rf"\1 {HIDDEN}", message)
    return IN_DUCKDB.sub(_unless_known(sql), message)


def of_spark(message: str, sql: str = "") -> str:
    """Hide the values in an error message of Spark.

    Parameters
    ----------
    message : str
    sql : str
        The statement that failed; what stands in it is no value of a row and stays.

    Returns
    -------
    str
        As `of_duckdb`, but names in backticks and types in double quotes stay, too.
    """
    hidden = _unless_known(sql)
    if OUR_OWN.match(message):
        return message
    return IN_SPARK.sub(lambda match: match["name"] or hidden(match), message)


def of_python(message: str, code: str = "") -> str:
    """Hide what looks like a person's id in an error message of Python: 6 characters or more with a digit.

    Parameters
    ----------
    message : str
    code : str
        The code that failed; what stands in it stays.

    Returns
    -------
    str
    """
    return IN_PYTHON.sub(_unless_known(code), message)


def of_exception(problem: BaseException, code: str = "") -> str:
    """Write an exception as Python does, with its places in the code but without values.

    Parameters
    ----------
    problem : BaseException
    code : str
        The code that was run.

    Returns
    -------
    str
        As traceback.format_exception, without the exceptions before it.
    """
    module = type(problem).__module__
    kind = type(problem).__qualname__ if module == "builtins" else f"{module}.{type(problem).__qualname__}"
    said = of_python(of_duckdb(str(problem), code) if "duckdb" in module else str(problem), code)
    frames = "".join(traceback.format_tb(problem.__traceback__))
    return f"Traceback (most recent call last):\n{frames}{kind}: {said}\n"


def _unless_known(text):
    """Replacement of a match by HIDDEN, unless it is a date or a file or stands in a text."""

    def replacement(match):
        value = next((group for group in match.groupdict().values() if group is not None), match[0])
        shown = DATE.fullmatch(value) or re.fullmatch(FILE, value) or (value and value in text)
        return match[0] if shown else HIDDEN

    return replacement
