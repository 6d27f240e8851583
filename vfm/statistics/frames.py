"""Frames for the warehouse: exactly the columns of a table, with their types even if there is no row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd


def typed(parts: Iterable, columns: Mapping[str, object]) -> pd.DataFrame:
    """Rows as one frame with exactly these columns.

    Parameters
    ----------
    parts : iterable of DataFrame, or of dict of arrays
        Rows, part after part; none gives an empty frame.
    columns : dict of str to dtype
        Names in order, and the type of each.

    Returns
    -------
    DataFrame

    Raises
    ------
    KeyError
        If a part lacks a column.
    """
    frames = [pd.DataFrame(part) for part in parts]
    frame = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame({c: [] for c in columns})
    return frame[list(columns)].astype(columns)


def stacked(tables: Mapping[str, pd.DataFrame], columns: Mapping[str, str]) -> pd.DataFrame:
    """Several tables as one, distinguished by the column `result`.

    A fit is made once and gives the rows of several tables; SQL selects the rows and columns of each again.

    Parameters
    ----------
    tables : dict of str to DataFrame
        The name of each table, and its rows.
    columns : dict of str to dtype
        Columns of the whole but `result`, which comes first. Types that can be missing, since a table leaves
        missing what it lacks: "string", "Int64", "boolean", float.

    Returns
    -------
    DataFrame

    Raises
    ------
    ValueError
        If a table has a column that is not among `columns`, and would be lost.
    """
    lost = {column for table in tables.values() for column in table} - set(columns)
    if lost:
        raise ValueError(f"no column is declared for {', '.join(sorted(lost))}")
    parts = [table.assign(result=name) for name, table in tables.items() if len(table)]
    types = {"result": "string", **columns}
    frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()
    return frame.reindex(columns=list(types)).astype(types)


def with_names(frame: pd.DataFrame, municipalities: pd.DataFrame) -> pd.DataFrame:
    """Rows with the name of each municipality beside its code.

    Parameters
    ----------
    frame : DataFrame
        With a column municipality_code.
    municipalities : DataFrame
        classifications.municipalities: municipality_code, municipality_name.

    Returns
    -------
    DataFrame
        The same rows in their order, with municipality_name behind the code; missing where a code is not
        among the municipalities.
    """
    names = municipalities.set_index("municipality_code")["municipality_name"]
    named = frame.assign(municipality_name=frame["municipality_code"].map(names).astype("string"))
    columns = list(frame)
    columns.insert(columns.index("municipality_code") + 1, "municipality_name")
    return named[columns]
