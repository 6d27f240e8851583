"""What a reader gets: the tables of a published file, and how exactly each of its numbers is given."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import duckdb
import numpy as np

from vfm.privacy.declarations import SCHEMAS

#: A number with all its digits is known this well: what the order of a sum changes in it.
EXACT = 2e-13
#: Columns that say what a row is about, in whatever table they stand.
_KEYS = frozenset(
    "municipality_code other_municipality_code year week sex cause outcome term model residence_ground "
    "population_group name".split()
)
_DIGITS = 9  # a column with more decimals or significant digits than this counts as exact

#: Half of the step to which a value is rounded: a number, None for all digits, or a function of the value.
HalfStep = float | None | Callable[[float], float]
Row = dict[str, object]


@dataclass(frozen=True)
class Finding:
    """A number of persons or spells that a reader can limit for certain.

    ``low`` and ``high`` are the least and the greatest integer that remain; ``cell`` names what is counted,
    such as ("men", "leaving", 30); ``how`` says how it was found.
    """

    table: str
    cell: tuple
    low: int
    high: int
    how: str


@dataclass(frozen=True)
class Refined:
    """A column whose values other published columns give more exactly than it gives them itself."""

    column: str
    formula: str
    rows: int
    times: float


class ContradictionError(Exception):
    """The numbers given cannot all be true, so an assumption of the attack is wrong."""


def decimals_step(digits: int) -> float:
    """Half of the step of values rounded to so many decimals; negative for tens and hundreds."""
    return 0.5 * 10.0**-digits


def significant_step(digits: int) -> Callable[[float], float]:
    """Half of the step of values rounded to so many significant digits, as a function of the value."""

    def half(value: float) -> float:
        if not value or not math.isfinite(value):
            return 0.0
        return 0.5 * 10.0 ** (math.floor(math.log10(abs(value)) + 1e-12) + 1 - digits)

    return half


def inferred_half_step(values: np.ndarray) -> HalfStep:
    """How exactly a column is given, from its values.

    Parameters
    ----------
    values : (n,) float array
        Without missing values.

    Returns
    -------
    float, None or callable
        As `HalfStep`: of the fewest decimals that hold all values, or of the fewest significant digits
        where that is more. It can be too coarse, where few values are round by chance, and never too fine.
    """
    values = np.asarray(values, float)
    values = values[np.isfinite(values)]
    if not len(values):
        return None
    decimals, digits = _fewest_decimals(values), _fewest_digits(values[values != 0])
    if digits is None:
        return None if decimals is None else decimals_step(decimals)
    by_digits, least = significant_step(digits), 0.0 if decimals is None else decimals_step(decimals)
    return lambda value: max(by_digits(value), least)


def _fewest_decimals(values):
    slack = 4 * np.spacing(np.abs(values))
    for decimals in range(-3, _DIGITS + 1):
        if (np.abs(values - np.round(values, decimals)) <= slack).all():
            return decimals
    return None


def _fewest_digits(values):
    scale = np.floor(np.log10(np.abs(values)) + 1e-12)
    for digits in range(1, _DIGITS):
        unit = 10.0 ** (scale + 1 - digits)
        if (np.abs(values - np.round(values / unit) * unit) <= 8 * np.spacing(np.abs(values))).all():
            return digits
    return None


@dataclass
class Release:
    """A published file as a reader has it.

    Parameters
    ----------
    con : DuckDBPyConnection
        Open on the file.
    precisions : mapping, optional
        {(schema.table, column): HalfStep}, what is known of columns; the others are inferred.
    """

    con: duckdb.DuckDBPyConnection
    precisions: Mapping[tuple[str, str], HalfStep] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.precisions = dict(self.precisions)
        self.read = {}
        found = self.con.execute(
            "select schema_name || '.' || table_name, column_name, data_type from duckdb_columns() "
            "where list_contains(?, schema_name) and database_name = current_database() order by all",
            [list(SCHEMAS)],
        ).fetchall()
        self.types = {}
        for table, column, type_ in found:
            self.types.setdefault(table, {})[column] = type_

    def has(self, table: str, *columns: str) -> bool:
        """Whether the file has the table with these columns."""
        return table in self.types and all(column in self.types[table] for column in columns)

    def rows(self, table: str) -> list[Row]:
        """Return all rows of a table, {column: value}; none where there is no such table.

        Raises
        ------
        ContradictionError
            If a row does not say what it is about.
        """
        if table not in self.types:
            return []
        if table not in self.read:
            names = list(self.types[table])
            listed = ", ".join(f'"{name}"' for name in names)
            values = self.con.execute(f"select {listed} from {table} order by all").fetchall()
            for place, name in enumerate(names):
                if name in _KEYS and any(row[place] is None for row in values):
                    raise ContradictionError(f"{table} has rows without {name}")
            self.read[table] = [dict(zip(names, row, strict=True)) for row in values]
        return self.read[table]

    def half_step(self, table: str, column: str) -> HalfStep:
        """How exactly a column is given."""
        key = (table, column)
        if key not in self.precisions:
            given = [row[column] for row in self.rows(table) if row[column] is not None]
            if any(isinstance(value, str) for value in given):
                raise ContradictionError(f"{table}.{column} is text and no number")
            self.precisions[key] = inferred_half_step(np.array(given, float))
        return self.precisions[key]

    def interval(self, table: str, column: str, value: float | None) -> tuple[float, float]:
        """Least and greatest value that a number of a column may have been; (-inf, inf) for a missing one."""
        if value is None or not math.isfinite(value):
            return -math.inf, math.inf
        half = self.half_step(table, column)
        if callable(half):
            half = half(value)
        wide = (half or 0.0) + EXACT * abs(value)
        return value - wide, value + wide

    def method(self, name: str, default: int) -> int:
        """A whole number among the published variables of the method.

        Raises
        ------
        ContradictionError
            If it is given and no whole number.
        """
        for row in self.rows("meta.method"):
            if row["name"] == name:
                if not str(row["value"]).isdecimal():
                    raise ContradictionError(f"meta.method gives {name} as {row['value']}, no whole number")
                return int(row["value"])
        return default

    @property
    def limit(self) -> int:
        """The disclosure limit: fewer persons are few."""
        return self.method("disclosure_limit", 5)

    @property
    def window(self) -> int:
        """Weeks after which spells are cut off."""
        return self.method("window_weeks", 156)
