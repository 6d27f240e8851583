"""Asks for a table by its own description, and reads the answer strictly."""

import csv
from collections.abc import Collection
from dataclasses import dataclass

import pandas as pd

from vfm.statbank import StatbankError

AREA, YEAR, AMOUNT = "OMRÅDE", "TID", "INDHOLD"
EVERY = "every value"
TOTAL = "the total, or left out, which sums"
PARTS = "the total, or left out, or every value: they do not overlap"
TOTALS = ("TOT", "IALT")
OTHER_NAMES = {"KOEN": "KØN"}
ZERO_PADDED = (AREA, "FUNKTION", "GRUPPERING")  # 000 or 0, 001 or 1: the seeds hold them without the zeros
MISSING = ("..", "")
NUMBER = r"-?\d+([.,]\d+)?"
SHOWN = 5


@dataclass(frozen=True)
class Question:
    """What is asked of a table.

    Attributes
    ----------
    table, form : str
        REGK31, BULK.
    variables : list of dict
        As the API takes them, code and values.
    columns : dict
        {column: set of the codes it may hold}, without INDHOLD.
    """

    table: str
    form: str
    variables: list
    columns: dict


def bare(column: str, code: str) -> str:
    """Return a code as the seeds write it: upper case, in some columns without leading zeros."""
    code = str(code).strip().upper()
    return (code.lstrip("0") or "0") if column in ZERO_PADDED and code.isdigit() else code


def name_of(variable: dict) -> str:
    """Return our name of a variable of a table's description, which is also the heading of its column."""
    name = YEAR if variable.get("time") else str(variable["id"]).upper()
    return OTHER_NAMES.get(name, name)


def codes(info: dict, column: str) -> dict[str, str]:
    """Return {code as in the seeds: code as the table has it} of a variable; empty if the table lacks it."""
    return {
        bare(column, value["id"]): value["id"]
        for variable in info["variables"]
        if name_of(variable) == column
        for value in variable["values"]
    }


def question(info: dict, table: str, wanted: dict, form: str) -> Question:
    """Put a question in the words of the table's own description.

    Parameters
    ----------
    info : dict
        From `Statbank.table_info`.
    table : str
    wanted : dict
        {column: EVERY, TOTAL, PARTS or a list of codes}.
    form : str
        'BULK', which sums over nothing, or 'CSV'.

    Returns
    -------
    Question

    Raises
    ------
    StatbankError
        If the table has lost a variable or a code, or has one more variable than is known.
    """
    variables = {name_of(variable): variable for variable in info["variables"]}
    if lost := [column for column in wanted if column not in variables]:
        raise StatbankError(
            f"table {table} has no variable {', '.join(lost)} any more; it has {', '.join(variables)}"
        )
    if new := [column for column in variables if column not in wanted]:
        raise StatbankError(
            f"table {table} has a new variable, {', '.join(new)}, that this program does not know"
        )
    if form == "BULK" and str(info.get("suppressedDataValue", "0")) != "0":
        raise StatbankError(
            f"table {table}: an absent row would no longer be 0 but '{info['suppressedDataValue']}'"
        )
    asked, columns = [], {}
    for column, want in wanted.items():
        known = codes(info, column)
        if isinstance(want, str):
            want = _choose(table, column, want, known, form == "CSV" and variables[column].get("elimination"))
            if want is None:
                continue  # Statbank sums over what is left out
        if absent := [code for code in want if code not in known]:
            raise StatbankError(
                f"table {table}, variable {column}: no code {_some(absent)}; it has {_some(list(known))}"
            )
        values = ["*"] if len(want) == len(known) else [known[code] for code in want]
        asked.append({"code": variables[column]["id"], "values": values})
        columns[column] = set(want)
    return Question(table, form, asked, columns)


def _choose(table, column, want, known, may_be_left_out):
    """Return the codes to ask for, or None where the variable is left out."""
    if want == EVERY:
        return list(known)
    total = [code for code in TOTALS if code in known]
    if total:
        return total[:1]
    if may_be_left_out:
        return None
    if want == PARTS:
        return list(known)
    raise StatbankError(
        f"table {table}, variable {column}: it has no total ({', '.join(TOTALS)}) and cannot be left out"
    )


def _some(found):
    return ", ".join(map(str, found[:SHOWN])) + (
        f" and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    )


def read_answer(text: str, asked: Question, areas: Collection[str]) -> pd.DataFrame:
    """Read an answer.

    Parameters
    ----------
    text : str
    asked : Question
    areas : collection of str
        The municipalities, as the seeds write them. A missing number of theirs is an error; that of another
        area (a region, a group) is left out.

    Returns
    -------
    pandas.DataFrame
        The asked columns as text in the order asked, codes as in the seeds, and INDHOLD as a text with a
        decimal point.

    Raises
    ------
    StatbankError
        If the answer has other columns or codes than asked, a row twice, a row of another length, what is no
        number, a missing number or no row; in a CSV answer also if a row is absent.
    """
    frame = _rows_as_asked(text, asked)
    table, keys = asked.table, list(asked.columns)
    if (twice := frame.duplicated(keys)).any():
        raise StatbankError(
            f"table {table}: {twice.sum()} rows come twice, for example {_cell(frame, twice, keys)}"
        )
    frame[AMOUNT] = frame[AMOUNT].str.strip()
    missing = frame[AMOUNT].isin(MISSING)
    if (lost := missing & frame[AREA].isin(areas)).any():
        raise StatbankError(
            f"table {table}: {lost.sum()} of {len(frame)} numbers are missing ('..'), for example "
            f"{_cell(frame, lost, keys)}; a sum without them would be too small"
        )
    frame = frame[~missing]
    if (odd := ~frame[AMOUNT].str.fullmatch(NUMBER)).any():
        raise StatbankError(
            f"table {table}: {odd.sum()} values are no numbers, for example "
            f"'{frame.loc[odd, AMOUNT].iloc[0]}'"
        )
    frame[AMOUNT] = frame[AMOUNT].str.replace(",", ".").str.replace(r"\.0+$", "", regex=True)
    if asked.form == "CSV":
        cells = pd.Series([len(allowed) for allowed in asked.columns.values()]).prod()
        if len(frame) != cells:
            raise StatbankError(f"table {table} answers with {len(frame)} rows where {cells} were asked for")
    return frame.reset_index(drop=True)


def _rows_as_asked(text, asked):
    """Read the rows of an answer whose columns and codes are those that were asked for; all are text."""
    table = asked.table
    lines = list(csv.reader(text.splitlines(), delimiter=";"))
    header = (
        [OTHER_NAMES.get(name.strip().upper(), name.strip().upper()) for name in lines[0]] if lines else []
    )
    if sorted(header) != sorted([*asked.columns, AMOUNT]):
        raise StatbankError(
            f"table {table} answers with the columns {_some(header) or 'of nothing'} where "
            f"{', '.join([*asked.columns, AMOUNT])} were asked for"
        )
    broken = [line for line in lines[1:] if len(line) != len(header)]
    if broken:
        raise StatbankError(
            f"table {table}: {len(broken)} rows do not have {len(header)} columns, for example "
            f"'{';'.join(broken[0])}'"
        )
    frame = pd.DataFrame(lines[1:], columns=header, dtype=str)[[*asked.columns, AMOUNT]]
    if frame.empty:
        raise StatbankError(f"table {table} answers without a row")
    for column in asked.columns:
        frame[column] = frame[column].map({code: bare(column, code) for code in frame[column].unique()})
        if more := sorted(set(frame[column]) - asked.columns[column]):
            raise StatbankError(f"table {table} answers with {column} {_some(more)}, which was not asked for")
    return frame


def _cell(frame, rows, keys):
    return ", ".join(f"{key} {frame.loc[rows, key].iloc[0]}" for key in keys)
