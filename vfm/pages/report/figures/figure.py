"""What all figures share: a drawing with its table, and the note on the cells without a number."""

import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import altair as alt
import pandas as pd

from vfm.pages.report import charts
from vfm.pages.report.charts import CHOSEN, scale_of
from vfm.pages.report.words import Words

POSITIONS = ("above", "around", "below")
QUINTILES = (1, 2, 3, 4, 5)


@dataclass(frozen=True)
class Figure:
    """A drawing with its table and a note.

    Attributes
    ----------
    name : str
    spec : dict or None
        Vega-Lite; None if all numbers that it would draw are withheld.
    columns : list of str
        The head of the table.
    rows : list of list of str
        Its cells.
    missing : dict
        {reason: number of cells of the table without a number}.
    is_map : bool
    note : str
    """

    name: str
    spec: dict | None
    columns: list[str]
    rows: list[list[str]]
    missing: dict[str, int] = field(default_factory=dict)
    is_map: bool = False
    note: str = ""


@dataclass(frozen=True)
class Table:
    """A frame as the reader reads it: head, cells, and {reason: number of cells without a number}."""

    columns: list[str]
    rows: list[list[str]]
    missing: dict[str, int]


def written_table(
    frame: pd.DataFrame, columns: dict[str, int | str], words: Words, reasons: dict[str, str] | None = None
) -> Table:
    """Write a frame as the reader reads it.

    Parameters
    ----------
    frame : DataFrame
    columns : dict
        {column: decimals, 'text', 'year' or 'percent'}.
    words : Words
    reasons : dict, optional
        {column: the column of the frame that says why a cell is missing, or the reason itself}; a cell of any
        other column is missing because it is not estimated.

    Returns
    -------
    Table
    """
    reasons, missing, cells = reasons or {}, Counter(), []
    for column, how in columns.items():
        reason = reasons.get(column, "not_estimated")
        why = frame[reason] if reason in frame else pd.Series(reason, index=frame.index)
        written = []
        for value, cause in zip(frame[column], why, strict=True):
            if pd.isna(value):
                missing[cause] += 1
                written.append(words.missing(cause))
            elif how == "percent":
                written.append(words.percent(value, 1))
            elif how == "year":
                written.append(str(int(value)))
            else:
                written.append(str(value) if how == "text" else words.number(value, how))
        cells.append(written)
    header = [words(f"column_{column}") for column in columns]
    return Table(header, [list(row) for row in zip(*cells, strict=True)], dict(missing))


def figure(
    name: str,
    words: Words,
    frame: pd.DataFrame,
    columns: dict[str, int | str],
    drawn: list[str],
    draw: Callable[[pd.DataFrame, Words], dict],
    *,
    reasons: dict[str, str] | None = None,
    note: str = "",
) -> Figure:
    """Draw the published numbers of a frame, and set its table.

    Parameters
    ----------
    name : str
    words : Words
    frame : DataFrame
    columns : dict
        As `written_table`.
    drawn : list of str
        Columns without which a row is not drawn.
    draw : callable
        Draws the rows that are left, as Vega-Lite.
    reasons : dict, optional
        As `written_table`.
    note : str

    Returns
    -------
    Figure
    """
    table = written_table(frame, columns, words, reasons)
    shown = frame.dropna(subset=drawn)
    spec = None if shown.empty else draw(shown, words)
    return Figure(name, spec, table.columns, table.rows, table.missing, note=note)


def position_colour(words: Words) -> alt.Color:
    """Return the colour of above, around and below."""
    scale = scale_of(_positions(words), charts.POSITION_COLOURS.values())
    return alt.Color("position_word:N", scale=scale, title=None)


def position_shape(words: Words) -> alt.Shape:
    """Return the shape of above, around and below."""
    scale = scale_of(_positions(words), charts.POSITION_SHAPES.values())
    return alt.Shape("position_word:N", scale=scale, title=None)


def _positions(words):
    return [words(f"position_{position}") for position in POSITIONS]


def with_position_words(
    frame: pd.DataFrame, words: Words, column: str = "position", prefix: str = "position"
) -> pd.DataFrame:
    """Add position_word: the position of a column in the reader's words."""
    return frame.assign(position_word=frame[column].map(lambda value: words(f"{prefix}_{value}")))


def tips(words: Words, **columns: str | None) -> list[alt.Tooltip]:
    """Return tooltips with the reader's names for columns, {column: d3 format or None}."""
    return [
        alt.Tooltip(column, type="quantitative", title=words(f"column_{column}"), format=how)
        if how
        else alt.Tooltip(column, type="nominal", title=words(f"column_{column}"))
        for column, how in columns.items()
    ]


def municipality_axis(order: list[str]) -> alt.Y:
    """Return the axis of a figure with one row a municipality."""
    axis = alt.Axis(labelFontSize=10, labelOverlap=False)
    return alt.Y("municipality_name:N", sort=order, title=None, axis=axis)


def stripe(shown: pd.DataFrame, order: list[str]) -> alt.Chart:
    """Return a light stripe behind the chosen municipality's row."""
    return (
        alt.Chart(shown[["municipality_code", "municipality_name"]])
        .transform_filter(CHOSEN)
        .mark_bar(color="#ffe28a", height={"band": 1})
        .encode(y=alt.Y("municipality_name:N", sort=order), x=alt.value(0), x2=alt.value("width"))
    )


def two_lines(shown: pd.DataFrame, across: str, names: dict[str, str], colours: tuple[str, str]) -> alt.Chart:
    """Draw columns as lines over another, the second dashed; names: {column: what the legend says}."""
    tall = shown.melt(id_vars=across, value_vars=list(names), var_name="line").dropna()
    tall["line"] = tall["line"].map(names)
    legend = alt.Legend(symbolType="stroke")
    color = alt.Color("line:N", title=None, scale=scale_of(names.values(), colours), legend=legend)
    dash = alt.StrokeDash("line:N", title=None, scale=scale_of(names.values(), ([1, 0], [5, 3])))
    lines = alt.Chart(tall).mark_line(strokeWidth=2.2)
    return lines.encode(x=f"{across}:Q", y="value:Q", color=color, strokeDash=dash)


def short_name(name: str, letters: int = 9) -> str:
    """Write a municipality's name in the space of a tile."""
    name = re.sub("^Frederiks", "Fr.", name)
    first, _, second = name.partition("-")
    if second and len(first) <= letters // 2:
        return f"{first}-{second[0]}."
    return first if len(first) <= letters + 1 else f"{first[: letters - 1]}."
