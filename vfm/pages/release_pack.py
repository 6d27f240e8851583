"""make release-pack: one folder for those who let results out of a secure server.

It holds the published file, what every table and column rests on, how many cells are withheld and why, the
log of the attack, and fingerprints of code, data and files, as CSV and as one page.
"""

import argparse
import csv
import hashlib
import json
import os
import shutil
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path

import duckdb

from vfm.pages.report.page import is_synthetic
from vfm.pages.writing import filled_template
from vfm.privacy.attack import attack_score, playing
from vfm.privacy.declarations import Table
from vfm.warehouse import published
from vfm.warehouse.paths import PROJECT, Paths
from vfm.warehouse.publish import NotPublishedError, tables_to_publish

PAGE = "index.html"
HEADS = {
    "tables.csv": "schema table rests_on smallest_base_shown rows cells withheld withheld_by_reason".split(),
    "columns.csv": (
        "schema table column rests_on precision cells withheld withheld_by_reason without_a_stated_reason"
    ).split(),
    "attack.csv": "table cells_of_few_persons exactly within_one".split(),
    "fingerprints.csv": ["what", "value"],
}


class NoPackError(Exception):
    """No pack was written; the message is one sentence for a person."""


def smallest_bases(warehouse: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Count the fewest persons behind a shown cell of each table.

    Parameters
    ----------
    warehouse : duckdb connection

    Returns
    -------
    dict
        {table: persons}, of the tables in report.release_bases.
    """
    bases = warehouse.execute(
        """
        select split_part(published_table, ' ', 1), min(persons)
        from report.release_bases where is_shown group by all
        """
    ).fetchall()
    return dict(bases)


def columns(con: duckdb.DuckDBPyConnection, table: Table) -> list[list]:
    """Describe the columns of a published table: rows of columns.csv.

    A column of reasons is empty where nothing is withheld: none of its cells is missing without a reason.
    """
    name, rows = f'"{table.schema}"."{table.name}"', []
    reasons = {column.withheld_reason for column in table.columns.values()}
    for column in table.columns.values():
        reason = f'"{column.withheld_reason}"' if column.withheld_reason else "null"
        counts = con.execute(
            f'select "{column.name}" is null, cast({reason} as varchar), count(*) from {name} group by all'
        ).fetchall()
        withheld = Counter()
        for is_null, why, count in counts:
            if is_null:
                withheld[why] += count
        silent = withheld.pop(None, 0)
        if column.name in reasons:
            silent = 0
        cells = sum(count for *_, count in counts)
        rows.append(
            [table.schema, table.name, column.name, column.rests_on, column.precision.words, cells]
            + [withheld.total(), withheld, silent]
        )
    return rows


def tables(found: list[list], bases: dict[str, int], rows: dict[tuple[str, str], int]) -> list[list]:
    """Sum the rows of columns.csv up to those of tables.csv."""
    summed = []
    for (schema, table), count in rows.items():
        own = [row for row in found if row[:2] == [schema, table]]
        reasons = sum((row[7] for row in own), Counter())
        rests_on = ", ".join(dict.fromkeys(row[3] for row in own if row[3] != "nothing")) or "nothing"
        cells, withheld = (sum(row[place] for row in own) for place in (5, 6))
        base = bases.get(table, f"none: it rests on {rests_on}")
        summed.append([schema, table, rests_on, base, count, cells, withheld, reasons])
    return summed


def attack(con: duckdb.DuckDBPyConnection, warehouse: duckdb.DuckDBPyConnection, limit: int) -> list[list]:
    """Play the attacker on the published file and compare with the warehouse: rows of attack.csv.

    Raises
    ------
    NoPackError
        If an attack ran into a contradiction, or its bounds miss the truth: it has not been played then.
    """
    played = playing.play(con)
    scores = attack_score.score(played, attack_score.true_cells(warehouse), limit)
    broken = [*played.contradictions, *(each.table for each in scores if each.missed)]
    if broken:
        raise NoPackError(f"No pack was written: the attack does not fit this file ({', '.join(broken)}).")
    return [[each.table, each.few, each.exactly, each.within_one] for each in scores]


def _told(row):
    """A row with its counts by reason in words."""
    return [
        "; ".join(f"{reason} {count}" for reason, count in sorted(value.items()))
        if isinstance(value, Counter)
        else value
        for value in row
    ]


def read_pack(paths: Paths) -> tuple[dict[str, list[list]], dict, int]:
    """Read what the pack says, from the published file and the warehouse of the same build.

    Parameters
    ----------
    paths : Paths

    Returns
    -------
    rows : dict
        {CSV: rows}; of fingerprints those of the build.
    build : dict
        meta.build_info.
    limit : int
        The disclosure limit.

    Raises
    ------
    NoPackError, UnreadableError, NotPublishedError
        One sentence.
    """
    if not paths.warehouse.exists():
        raise NoPackError(f"There is no {paths.short(paths.warehouse)}: make build makes it.")
    if paths.results.exists() and paths.results.samefile(paths.warehouse):
        raise NoPackError(
            f"{paths.short(paths.results)} is the warehouse itself: set VFM_RESULTS to the published file."
        )
    manifest = json.loads((paths.target / "manifest.json").read_text(encoding="utf-8"))
    declared = list(tables_to_publish(manifest).values())
    with (
        closing(published.connect(paths.results)) as con,
        closing(published.opened(paths.warehouse, paths.short(paths.warehouse))) as warehouse,
    ):
        build = _one_build(con, warehouse, paths)
        _same_tables(con, warehouse, {(each.schema, each.name) for each in declared}, paths)
        (limit,) = con.sql(
            "select cast(value as integer) from meta.method where name = 'disclosure_limit'"
        ).fetchone()
        found = [row for table in declared for row in columns(con, table)]
        counts = {
            (each.schema, each.name): con.sql(
                f'select count(*) from "{each.schema}"."{each.name}"'
            ).fetchone()[0]
            for each in declared
        }
        played = attack(con, warehouse, limit)
        few = sum(row[3] for row in played)
        if few:
            raise NoPackError(
                f"No pack was written: the attack recovers {few} cells of fewer than {limit} persons."
            )
        rows = {
            "tables.csv": [*map(_told, tables(found, smallest_bases(warehouse), counts))],
            "columns.csv": [*map(_told, found)],
            "attack.csv": played,
            "fingerprints.csv": [[name, value] for name, value in build.items()]
            + [["duckdb", duckdb.__version__], ["python", sys.version.split()[0]]],
        }
    return rows, build, limit


def _one_build(con, warehouse, paths):
    """meta.build_info of both files, which must be of one build."""
    ours, theirs = (each.sql("from meta.build_info").fetchone() for each in (con, warehouse))
    if ours != theirs:
        raise NoPackError(
            f"{paths.short(paths.results)} is not of the build in {paths.short(paths.warehouse)}: "
            "make build again."
        )
    return dict(zip(con.sql("from meta.build_info").columns, ours, strict=True))


def _same_tables(con, warehouse, declared, paths):
    """Make sure that the file holds the declared tables, as the warehouse has them, and nothing else."""
    names = "select schema_name, table_name from duckdb_tables() where not internal"
    found = set(con.execute(names).fetchall())
    for schema, table in sorted(found ^ declared):
        raise NoPackError(
            f"{paths.short(paths.results)} {'holds' if (schema, table) in found else 'lacks'} "
            f"{schema}.{table}, unlike what the build declares: make build publishes it anew."
        )
    for schema, table in sorted(declared):
        ours, theirs = (each.sql(f'from "{schema}"."{table}"').df() for each in (con, warehouse))
        if not ours.equals(theirs):
            raise NoPackError(
                f"{schema}.{table} of {paths.short(paths.results)} is not that of the warehouse: "
                "make build publishes it anew."
            )


def is_pack(folder: Path) -> bool:
    """Whether a folder holds the files of an earlier pack, or nothing, and nothing else."""
    found = list(folder.iterdir())
    names = {path.name for path in found if path.suffix != ".duckdb"}
    is_one = names <= {*HEADS, PAGE} and "fingerprints.csv" in names and len(found) <= len(names) + 1
    return not found or (is_one and all(path.is_file() for path in found))


def write_pack(paths: Paths, to: Path) -> Path:
    """Write the pack into a folder, whole or not at all.

    Parameters
    ----------
    paths : Paths
    to : Path
        A folder that is not there yet, or an earlier pack, which is replaced.

    Raises
    ------
    NoPackError, UnreadableError, NotPublishedError
        One sentence; nothing is half-written then.
    """
    to = Path(os.path.realpath(to))
    if to.exists() and not (to.is_dir() and is_pack(to)):
        raise NoPackError(f"{paths.short(to)} holds something else: choose another folder.")
    rows, build, limit = read_pack(paths)
    new = to.with_name(f"{to.name}.{os.getpid()}.new")
    try:
        new.mkdir(mode=0o700, parents=True)
        shutil.copyfile(paths.results, new / paths.results.name)
        for name in list(HEADS)[:-1]:
            _write_csv(new / name, HEADS[name], rows[name])
        for path in sorted(new.iterdir()):
            rows["fingerprints.csv"].append([path.name, hashlib.sha256(path.read_bytes()).hexdigest()])
        _write_csv(new / "fingerprints.csv", HEADS["fingerprints.csv"], rows["fingerprints.csv"])
        verdict = (
            f"The attack was played on the published file and recovers no cell of fewer than {limit} persons."
        )
        page = filled_template(
            "release_pack.html.j2",
            synthetic=is_synthetic(build),
            verdict=verdict,
            limit=limit,
            tables=[(name, heads, rows[name]) for name, heads in HEADS.items()],
        )
        (new / PAGE).write_text(page, encoding="utf-8")
        if to.exists():
            shutil.rmtree(to)
        new.rename(to)
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return to


def _write_csv(path, heads, rows):
    with path.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([heads, *rows])


def main(arguments: list[str] | None = None) -> int:
    """Write the pack and say where; return 1 with one sentence where it cannot be written."""
    parser = argparse.ArgumentParser(
        prog="python -m vfm.pages.release_pack", description="Write the release pack."
    )
    parser.add_argument("--to", help="the folder (default: release-pack in the build folder)")
    chosen = parser.parse_args(arguments)
    paths = Paths.from_environment(PROJECT)
    try:
        folder = write_pack(paths, paths.project / chosen.to if chosen.to else paths.build / "release-pack")
    except (NoPackError, NotPublishedError, published.UnreadableError, OSError, duckdb.Error) as problem:
        said = problem if isinstance(problem, OSError) or not problem.args else problem.args[0]
        print(str(said).splitlines()[0], file=sys.stderr)
        return 1
    print(f"Open {paths.short(folder / PAGE)}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
