"""What is exported: the published tables with their words, for the workbook and for the data package."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb

from vfm.pages.report.words import all_texts
from vfm.warehouse import published
from vfm.warehouse.publish import SCHEMAS

WORDS = Path(__file__).with_name("words.toml")
#: End of a column's name -> its unit in words.toml, for columns that have no words there.
ENDINGS = {"_weeks": "weeks", "_dkk": "dkk", "_percent": "percent", "year": "year"}
_KEY = re.compile(r"Primary key: (\w+(?:, \w+)*)\.")
_REASON = re.compile(r"(.*)_withheld_reason")


class ExportError(Exception):
    """Nothing was exported; the message is one sentence for a person."""


@dataclass(frozen=True)
class Column:
    """A published column: its name, its type in DuckDB, and what it means."""

    name: str
    kind: str
    description: str


@dataclass(frozen=True)
class Table:
    """A published table: schema.table, what it is, its columns in order, and its rows."""

    name: str
    description: str
    columns: list[Column]
    rows: list[tuple]

    @property
    def primary_key(self) -> list[str]:
        """Columns that its description names as the key; none where it names none."""
        found = _KEY.search(self.description)
        named = found[1].split(", ") if found else []
        return named if set(named) <= {column.name for column in self.columns} else []


@dataclass(frozen=True)
class Sheet:
    """A sheet of the workbook: its name, table, titles in Danish and English, and the columns left out."""

    name: str
    table: str
    titles: tuple[str, str]
    left_out: frozenset[str]


@cache
def vocabulary() -> dict:
    """Read words.toml."""
    return tomllib.loads(WORDS.read_text(encoding="utf-8"))


def sheets() -> list[Sheet]:
    """List the sheets of the workbook in order.

    Raises
    ------
    KeyError
        If a sheet has no title, neither its own nor the page's.
    """
    words, out = vocabulary(), []
    for name, (table, danish, english) in words["sheets"].items():
        if not danish:
            item = all_texts()[f"item_{table.split('.')[1]}"]
            danish, english = item["da"], item["en"]
        left_out = [*words["left_out"]["every_table"], *words["left_out"].get(name, [])]
        out.append(Sheet(name, table, (danish, english), frozenset(left_out)))
    return out


def column_words(column: str) -> tuple[str, str]:
    """Return what a column is called in Danish and in English.

    Raises
    ------
    KeyError
        If there are no words for it.
    """
    words = vocabulary()["columns"]
    of_reason = _REASON.fullmatch(column)
    if column not in words and of_reason:
        danish, english = column_words(of_reason[1])
        return f"Hvorfor tallet mangler: {danish}", f"Why it is missing: {english}"
    return tuple(words[column][:2])


def unit_words(column: str) -> tuple[str, str]:
    """Return a column's unit in Danish and in English; empty where it has none."""
    words = vocabulary()
    unit = words["columns"].get(column, ("", "", ""))[2] or next(
        (unit for ending, unit in ENDINGS.items() if column.endswith(ending)), ""
    )
    return tuple(words["units"][unit]) if unit else ("", "")


def reason_words(reason: str) -> tuple[str, str]:
    """Return why a cell is empty in Danish and in English, as the page says it."""
    said = all_texts()[f"reason_{reason}"]
    return said["da"], said["en"]


def published_tables(con: duckdb.DuckDBPyConnection) -> Iterator[Table]:
    """Read every published table with its comments, in the order of the schemas.

    Parameters
    ----------
    con : duckdb connection
        To the published file.
    """
    found = con.execute(
        "select schema_name, table_name, comment from duckdb_tables() where not internal order by table_name"
    ).fetchall()
    for schema, table, comment in sorted(found, key=lambda row: SCHEMAS.index(row[0])):
        columns = con.execute(
            "select column_name, data_type, coalesce(comment, '') from duckdb_columns() "
            "where schema_name = ? and table_name = ? order by column_index",
            [schema, table],
        ).fetchall()
        rows = con.execute(f'select * from "{schema}"."{table}"').fetchall()
        described = " ".join((comment or "").split())
        yield Table(f"{schema}.{table}", described, [Column(*each) for each in columns], rows)


def build_facts(con: duckdb.DuckDBPyConnection) -> dict:
    """Say which data is exported and when it was built: meta.build_info, and `origin` in words."""
    relation = con.sql("from meta.build_info")
    facts = dict(zip(relation.columns, relation.fetchone(), strict=True))
    return facts | {"origin": published.origin(con)}
