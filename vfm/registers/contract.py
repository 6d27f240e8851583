"""The registers and columns the warehouse needs, as models/sources.yml declares them."""

import re
from dataclasses import dataclass
from pathlib import Path

from vfm.privacy.identifiers import PSEUDONYMS
from vfm.warehouse import dbt_sql

#: What says for which weeks or quarters a family of columns exists.
PERIODS = ("period", "first_year", "last_year", "from", "until")


@dataclass(frozen=True)
class Column:
    """A declared column: one of a register's columns or, with a pattern, a family of them."""

    name: str
    data_type: str
    aliases: tuple[str, ...] = ()
    pattern: str | None = None
    period: str | None = None
    required: bool = True
    width: int | None = None
    periods: tuple[tuple[str, object], ...] = ()  # which there are: PERIODS

    @property
    def is_person_id(self) -> bool:
        """Whether its values are persons' pseudonyms, which no message may show."""
        return self.name.lower() in PSEUDONYMS

    def matches(self, delivered: str) -> bool:
        """Whether a delivered column name, in any case, is this column."""
        if self.pattern:
            return re.fullmatch(self.pattern.strip("^$"), delivered, re.IGNORECASE) is not None
        return delivered.upper() in {self.name.upper(), *(alias.upper() for alias in self.aliases)}


@dataclass(frozen=True)
class Register:
    """A declared register: its name, what identifies a row (empty: nothing does) and its columns."""

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]


def read_contract(path: str | Path = dbt_sql.SOURCES, source: str = "registers") -> dict[str, Register]:
    """Read the declared registers.

    Parameters
    ----------
    path : path
        A dbt sources file with such a source.
    source : str
        registers, or later_registers, which may be absent.

    Returns
    -------
    dict
        {register name: Register}, in the file's order.
    """
    return {table["name"]: _register(table) for table in dbt_sql.source_tables(Path(path), source)}


def read_later_contract() -> dict[str, Register]:
    """Read the declared registers of later years, which a delivery need not have."""
    return read_contract(source="later_registers")


def _register(table):
    columns = []
    for column in table["columns"]:
        meta = column.get("config", {}).get("meta", {})
        columns.append(
            Column(
                name=column["name"],
                data_type=column["data_type"],
                aliases=tuple(meta.get("aliases", ())),
                pattern=meta.get("pattern"),
                period=meta.get("period"),
                required=meta.get("required", True),
                width=meta.get("width"),
                periods=tuple((name, meta[name]) for name in PERIODS if name in meta),
            )
        )
    return Register(table["name"], tuple(table["config"]["meta"]["key"] or ()), tuple(columns))
