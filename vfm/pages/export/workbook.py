"""The workbook: a sheet for each table of the report and for each result, in Danish and English."""

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path

import xlsxwriter

from vfm.pages.export.content import (
    Column,
    ExportError,
    Sheet,
    Table,
    column_words,
    reason_words,
    sheets,
    unit_words,
    vocabulary,
)

CONTENTS, COLUMNS, WORDS = "Indhold - Contents", "Kolonner - Columns", "Ord - Words"
FIRST_ROW = 9  # of the numbers; above them titles, notes and four lines of heads
HEADS = 5  # Danish, English, unit, and the name in the database
MOST_DECIMALS = 4  # a column with more is shown as Excel sees fit
WIDEST = 48  # characters
GREY = "#D9D9D9"
SYNTHETIC = (
    "Registrene er simulerede: ingen række er en person, og intet tal er et fund om en kommune. / "
    "The registers are simulated: no row is a person, and no number is a finding about a municipality."
)


class Formats:
    """The formats of a workbook, each made once."""

    def __init__(self, book: xlsxwriter.Workbook):
        self.book, self.made = book, {}
        self.title = book.add_format({"bold": True, "font_size": 14})
        self.second = book.add_format({"italic": True, "font_size": 12})
        self.head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1})
        self.name = book.add_format({"font_color": "#595959", "font_size": 8})
        self.empty = book.add_format({"bg_color": GREY})
        self.link = book.get_default_url_format()

    def number(self, pattern: str) -> xlsxwriter.format.Format:
        """Return the format of a number, such as 0.00."""
        if pattern not in self.made:
            self.made[pattern] = self.book.add_format({"num_format": pattern})
        return self.made[pattern]


def write_workbook(path: Path, tables: Mapping[str, Table], facts: Mapping) -> None:
    """Write the workbook.

    Parameters
    ----------
    path : Path
    tables : mapping
        {schema.table: Table} of the published file.
    facts : mapping
        As `build_facts`.

    Raises
    ------
    ExportError
        If the file lacks a table of a sheet: it is of another version.
    """
    book = xlsxwriter.Workbook(str(path), {"nan_inf_to_errors": False})
    built = facts["built_at"]
    book.set_properties(
        {
            "title": "value_for_money",
            "comments": f"Data: {facts['origin']}",
            "created": built if isinstance(built, datetime) else datetime(2000, 1, 1),
        }
    )
    formats, listed = Formats(book), sheets()
    missing = [sheet.table for sheet in listed if sheet.table not in tables]
    if missing:
        raise ExportError(
            f"The published file has no {missing[0]}: it is of another version of the project. "
            "Run make build again."
        )
    contents = book.add_worksheet(CONTENTS)
    for sheet in listed:
        _write_table(book.add_worksheet(sheet.name), sheet, tables[sheet.table], facts, formats)
    _write_contents(contents, listed, tables, facts, formats)
    _write_columns(book.add_worksheet(COLUMNS), listed, tables, formats)
    _write_words(book.add_worksheet(WORDS), formats)
    book.close()


def _write_table(page, sheet, table, facts, formats):
    """One table: titles, what is withheld, four lines of heads, and the rows."""
    shown = [(at, column) for at, column in enumerate(table.columns) if column.name not in sheet.left_out]
    page.write_string(0, 0, sheet.titles[0], formats.title)
    page.write_string(1, 0, sheet.titles[1], formats.second)
    page.write_string(2, 0, f"Data: {facts['origin']}. {table.name} i vfm.duckdb / in vfm.duckdb.")
    page.write_string(3, 0, withheld_note(table))
    page.write_url(4, 0, f"internal:'{CONTENTS}'!A1", formats.link, "Indhold / Contents")
    for place, (at, column) in enumerate(shown):
        danish, english = column_words(column.name)
        unit = unit_words(column.name)
        page.write_string(HEADS, place, danish, formats.head)
        page.write_string(HEADS + 1, place, english, formats.head)
        page.write_string(HEADS + 2, place, " / ".join(dict.fromkeys(filter(None, unit))), formats.name)
        page.write_string(HEADS + 3, place, column.name, formats.name)
        _write_values(page, place, column, [row[at] for row in table.rows], formats)
        texts = [row[at] for row in table.rows[:500] if isinstance(row[at], str)]
        longest = max((len(text) for text in [*texts, column.name]), default=0)
        page.set_column(place, place, min(max(longest, 12) + 1, WIDEST))
    page.freeze_panes(FIRST_ROW, min(2, len(shown)))
    if table.rows:
        page.autofilter(FIRST_ROW - 1, 0, FIRST_ROW + len(table.rows) - 1, len(shown) - 1)


def _write_values(page, place, column, values, formats):
    """The cells of a column: numbers as numbers, codes as text, what is missing grey."""
    pattern = formats.number(number_pattern(column, values))
    for row, value in enumerate(values, start=FIRST_ROW):
        if value is None:
            if column.kind != "VARCHAR":
                page.write_blank(row, place, None, formats.empty)
        elif isinstance(value, bool):
            page.write_boolean(row, place, value)
        elif isinstance(value, int | float):
            page.write_number(row, place, value, pattern)
        elif isinstance(value, datetime | date):
            page.write_string(row, place, value.isoformat(sep=" "))
        else:
            page.write_string(
                row, place, " / ".join(reason_words(value)) if is_reason(column) else str(value)
            )


def number_pattern(column: Column, values: list) -> str:
    """Return how Excel shows the numbers of a column: with the decimals that they have, kroner without.

    Parameters
    ----------
    column : Column
    values : list
        Those of the column.
    """
    if column.name.endswith("year"):
        return "0"
    if column.kind != "DOUBLE":
        return "#,##0"
    if column.name.endswith("_dkk"):
        return "#,##0"
    decimals = max(
        (
            len(f"{value:.12g}".partition(".")[2])
            for value in values
            if value is not None and "e" not in f"{value:.12g}"
        ),
        default=0,
    )
    if decimals > MOST_DECIMALS:
        return "General"
    return "#,##0" + ("." + "0" * decimals if decimals else "")


def withheld_note(table: Table) -> str:
    """Say how many cells of a table hold no number and why, in both languages; empty where none does."""
    places = [at for at, column in enumerate(table.columns) if column.kind != "VARCHAR"]
    empty = sum(row[at] is None for at in places for row in table.rows)
    if not empty:
        return ""
    reasons = sorted(
        {row[at] for at, column in enumerate(table.columns) if is_reason(column) for row in table.rows}
        - {None}
    )
    because = f": {'; '.join(' / '.join(reason_words(why)) for why in reasons)}" if reasons else ""
    return f"Grå celler har intet tal / Grey cells hold no number ({empty}){because}."


def is_reason(column: Column) -> bool:
    """Whether a column says why others are empty."""
    return column.name.endswith("withheld_reason") or column.name == "uncertainty_reason"


def _write_contents(page, listed: list[Sheet], tables, facts, formats):
    """The first sheet: what this is, and where each sheet is."""
    page.write_string(0, 0, "value_for_money", formats.title)
    lines = [
        f"Data: {facts['origin']}. Bygget / built: {facts['built_at']}. Version: {facts['git_commit']}.",
        "Hver kolonne har sin tekst på dansk og engelsk, sin enhed og sit navn i vfm.duckdb. / "
        "Each column has its words in Danish and English, its unit and its name in vfm.duckdb.",
        "Grå celler har intet tal: de hviler på for få personer, ville røbe et sådant tal, eller er ikke "
        "beregnet. / Grey cells hold no number: they rest on too few persons, would give such a number away, "
        "or are not estimated.",
        *([SYNTHETIC] if facts["origin"].startswith("synthetic") else []),
        f"Hvad kolonnerne betyder: arket {COLUMNS}. Hvad værdierne betyder: arket {WORDS}. / "
        f"What the columns mean: sheet {COLUMNS}. What the values mean: sheet {WORDS}.",
    ]
    for row, line in enumerate(lines, start=1):
        page.write_string(row, 0, line)
    first = len(lines) + 2
    for place, head in enumerate(("Ark / Sheet", "Indhold", "Contents", "vfm.duckdb", "Rækker / Rows")):
        page.write_string(first, place, head, formats.head)
    for row, sheet in enumerate(listed, start=first + 1):
        page.write_url(row, 0, f"internal:'{sheet.name}'!A1", formats.link, sheet.name)
        page.write_string(row, 1, sheet.titles[0])
        page.write_string(row, 2, sheet.titles[1])
        page.write_string(row, 3, sheet.table)
        page.write_number(row, 4, len(tables[sheet.table].rows), formats.number("#,##0"))
    for place, width in enumerate((22, 70, 70, 38, 14)):
        page.set_column(place, place, width)


def _write_columns(page, listed, tables, formats):
    """What every column of the sheets means."""
    heads = ("Ark / Sheet", "vfm.duckdb", "Dansk", "English", "Enhed", "Unit", "What it means")
    for place, head in enumerate(heads):
        page.write_string(0, place, head, formats.head)
    row = 1
    for sheet in listed:
        for column in tables[sheet.table].columns:
            if column.name in sheet.left_out:
                continue
            cells = (sheet.name, column.name, *column_words(column.name), *unit_words(column.name))
            for place, cell in enumerate((*cells, " ".join(column.description.split()))):
                page.write_string(row, place, cell)
            row += 1
    for place, width in enumerate((22, 34, 44, 44, 28, 28, 120)):
        page.set_column(place, place, width)
    page.freeze_panes(1, 2)
    page.autofilter(0, 0, row - 1, len(heads) - 1)


def _write_words(page, formats):
    """What the words mean that stand in cells."""
    for place, head in enumerate(("vfm.duckdb", "Dansk", "English")):
        page.write_string(0, place, head, formats.head)
    for row, (value, said) in enumerate(vocabulary()["values"].items(), start=1):
        for place, cell in enumerate((value, *said)):
            page.write_string(row, place, cell)
    for place, width in enumerate((24, 60, 60)):
        page.set_column(place, place, width)
