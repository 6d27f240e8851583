"""make compare-releases: what the difference between two published files tells of few persons.

python -m vfm.warehouse.compare_releases old.duckdb new.duckdb
"""

import argparse
import sys
from contextlib import closing
from pathlib import Path

import duckdb

from vfm.privacy.releases import NOT_COMPARED, Change, NotComparableError, changes, comparable
from vfm.warehouse import published


def differences(old: str | Path, new: str | Path) -> tuple[int, list[Change]]:
    """Compare two published files.

    Parameters
    ----------
    old, new : path

    Returns
    -------
    limit : int
        Their disclosure limit.
    changes : list of Change

    Raises
    ------
    NotComparableError
        If a file is no published file of this project, or they are of two layouts or methods: one sentence.
    """
    with closing(_opened("OLD", old)) as before, closing(_opened("NEW", new)) as after:
        return comparable(before, after), changes(before, after)


def _opened(name, path):
    """A published file; a refusal says which of the two it is."""
    if not Path(path).exists():
        raise NotComparableError(f"There is no {Path(path).name}: set {name} to a published file.")
    try:
        return published.connect(path)
    except published.UnreadableError as problem:
        raise NotComparableError(f"{name}: {problem}") from problem


def main(arguments: list[str] | None = None) -> int:
    """Say what differs; return 1 where the difference tells of few, or nothing could be compared."""
    parser = argparse.ArgumentParser(prog="python -m vfm.warehouse.compare_releases", description=__doc__)
    parser.add_argument("old", help="the file that was published before")
    parser.add_argument("new", help="the file to be published")
    chosen = parser.parse_args(arguments)
    try:
        if not chosen.old or not chosen.new:
            raise NotComparableError("Which files? Set OLD and NEW to two published files.")
        limit, found = differences(chosen.old, chosen.new)
    except (NotComparableError, duckdb.Error) as problem:
        print(str(problem).splitlines()[0], file=sys.stderr)
        return 1
    telling = [change for change in found if change.tells_of_few(limit)]
    for change in telling:
        cell = ", ".join(map(str, change.cell))
        few = f"{change.low:+g}" if change.low == change.high else f"{change.low:+g} to {change.high:+g}"
        print(f"{change.table}  {change.column}  {cell}  {few}")
    print(
        f"{len(found):,} numbers of persons and spells differ; {len(telling):,} differences are for certain "
        f"of fewer than {limit}. {NOT_COMPARED}"
    )
    return int(bool(telling))


if __name__ == "__main__":
    sys.exit(main())
