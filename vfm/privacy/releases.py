"""What two published files tell together: persons who came, moved or were corrected between deliveries."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest

import duckdb

from vfm.privacy.attack import playing

#: Counts of persons and spells, by table: its key, and the count as SQL under the name that it is told by.
COUNTS = {
    "benchmark.observed_durations": (
        ("municipality_code",),
        {"spells": "spells", "successes": "successes", "spells without success": "spells - successes"},
    ),
    "benchmark.expected_durations": (("municipality_code",), {"spells": "spells"}),
    "report.table_2_1": (("sex", "outcome"), {"spells": "spells"}),
    "report.table_2_2": (("residence_ground", "outcome"), {"spells": "spells"}),
    "benchmark.cox_concordance": (("sex",), {"spells": "spells"}),
    "expenditure.programme_persons": (("municipality_code", "year"), {"persons": "persons"}),
}
#: What is silent, said with every comparison.
NOT_COMPARED = (
    "Not compared: cells that one file withholds, means, full-year persons, and counts that are rounded."
)
_WHOLE = re.compile(r"U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?")


class NotComparableError(ValueError):
    """Two files cannot be compared; the message is one sentence for a person."""


@dataclass(frozen=True)
class Change:
    """A number of persons or spells by which a cell differs between two files: from `low` to `high`."""

    table: str
    column: str
    cell: tuple
    low: float
    high: float

    def tells_of_few(self, limit: int) -> bool:
        """Whether the difference is for certain one of persons, up or down, who are fewer than the limit.

        Parameters
        ----------
        limit : int
        """
        least, most = (self.low, self.high) if self.low > 0 else (-self.high, -self.low)
        return least > 0 and most < limit


def comparable(old: duckdb.DuckDBPyConnection, new: duckdb.DuckDBPyConnection) -> int:
    """Make sure that two published files are of one layout and one method.

    Parameters
    ----------
    old, new : duckdb connection

    Returns
    -------
    int
        Their disclosure limit.

    Raises
    ------
    NotComparableError
        If a file lacks a table or column, of which the first is named, a count is no whole number, or the
        methods differ or give no disclosure limit.
    """
    layouts = [_layout(con) for con in (old, new)]
    for name, own, other in (("OLD", *layouts), ("NEW", *reversed(layouts))):
        apart = next((column for column, kind in other.items() if own.get(column) != kind), None)
        if apart:
            has = "another type of" if apart in own else "no"
            raise NotComparableError(f"The file {name} has {has} {apart}: it is of another layout.")
    _known(layouts[0])
    methods = [
        con.execute("select name, value from meta.method order by name").fetchall() for con in (old, new)
    ]
    for one, other in zip_longest(*methods):
        if one != other:
            raise NotComparableError(
                f"The files are of two methods ({(one or other)[0]} differs): "
                "only files of one method are compared."
            )
    limit = dict(methods[0]).get("disclosure_limit")
    if not str(limit).isdecimal():
        raise NotComparableError(f"meta.method gives {limit} as disclosure_limit, which is no whole number.")
    return int(limit)


def changes(old: duckdb.DuckDBPyConnection, new: duckdb.DuckDBPyConnection) -> list[Change]:
    """List the numbers of persons and spells that differ: those that are shown, and those that attacks bound.

    Parameters
    ----------
    old, new : duckdb connection
        As `comparable` accepts them.

    Returns
    -------
    list of Change
        Of counts, the cells that both files show (a cell without a row is one of nobody); of everything
        else, the cells whose bounds in the two files leave no common number.
    """
    found = []
    for table, (key, counts) in COUNTS.items():
        for column, sql in counts.items():
            query = f"select {', '.join(key)}, {sql} from {table}"
            counted = (_counted(name, con, table, query) for name, con in (("OLD", old), ("NEW", new)))
            found += _differences(table, column, *counted)
    before, after = (_bounds(name, con) for name, con in (("OLD", old), ("NEW", new)))
    for table, cell in sorted(before.keys() & after.keys(), key=str):
        (least, most), (least_now, most_now) = before[table, cell], after[table, cell]
        low, high = least_now - most, most_now - least
        if low > 0 or high < 0:
            found.append(Change(table, "by the attacks", cell, low, high))
    return found


def _bounds(name, con):
    """What the attacks bound; they must fit the file."""
    played = playing.play(con)
    if played.contradictions:
        raise NotComparableError(
            f"The attack does not fit the file {name} ({', '.join(played.contradictions)}): "
            f"{next(iter(played.contradictions.values()))}."
        )
    return played.bounds()


def _layout(con):
    """{schema.table.column: type} of everything in a file, in order."""
    return dict(
        con.execute(
            "select concat_ws('.', schema_name, table_name, column_name), data_type from duckdb_columns() "
            "where not internal order by schema_name, table_name, column_name"
        ).fetchall()
    )


def _known(layout):
    """Make sure that what is compared is there, and that counts are whole numbers."""
    counts = [
        f"{table}.{column}"
        for table, (_, told) in COUNTS.items()
        for column in dict.fromkeys(re.findall(r"\w+", " ".join(told.values())))
    ]
    keys = [f"{table}.{key}" for table, (names, _) in COUNTS.items() for key in names]
    for column in ("meta.method.name", "meta.method.value", *keys, *counts):
        if column not in layout:
            raise NotComparableError(
                f"The files have no {column}: they are of another version of the project."
            )
        if column in counts and not _WHOLE.fullmatch(layout[column]):
            raise NotComparableError(
                f"{column} is of type {layout[column]} in both files: it is to be a whole number."
            )


def _counted(name, con, table, query):
    """{cell: count}; None where it is withheld."""
    rows = con.execute(query).fetchall()
    cells = {row[:-1]: row[-1] for row in rows}
    if len(cells) < len(rows) or any(None in cell for cell in cells):
        raise NotComparableError(
            f"{table} of the file {name} has rows that do not say what they are about, or two about one cell."
        )
    return cells


def _differences(table, column, before, after) -> Iterator[Change]:
    """Changes of the cells that are shown, or without a row, in both."""
    for cell in sorted(before.keys() | after.keys(), key=str):
        one, other = before.get(cell, 0), after.get(cell, 0)
        if one is not None and other is not None and one != other:
            yield Change(table, column, cell, other - one, other - one)
