"""make export: write export/value_for_money.xlsx, and export/csv with its datapackage.json."""

import argparse
import os
import shutil
import sys
import time
from contextlib import closing
from importlib import metadata
from pathlib import Path

import duckdb

from vfm.pages.export.content import ExportError, build_facts, published_tables
from vfm.pages.export.package import DESCRIPTOR, write_package
from vfm.pages.export.workbook import write_workbook
from vfm.privacy import leaks
from vfm.warehouse import published, system
from vfm.warehouse.paths import PROJECT, Paths

WORKBOOK, FILES = "value_for_money.xlsx", "csv"
#: What Excel and LibreOffice write beside a workbook that they hold open.
OWNERS = (f"~${WORKBOOK}", f".~lock.{WORKBOOK}#")


def refuse_an_open_workbook(folder: Path) -> None:
    """Refuse to write over a workbook that somebody has open.

    Raises
    ------
    ExportError
    """
    for name in OWNERS:
        if (folder / name).exists():
            raise ExportError(
                f"{WORKBOOK} is open in Excel or LibreOffice: close it there and try again "
                f"(if it is not, remove {folder.name}/{name})."
            )


def is_export(folder: Path) -> bool:
    """Whether a folder holds an earlier export, or nothing, and nothing else."""
    names = {path.name for path in folder.iterdir()}
    files = folder / FILES
    return names <= {WORKBOOK, FILES, *OWNERS} and (FILES not in names or (files / DESCRIPTOR).is_file())


def write_export(paths: Paths, to: Path) -> list[Path]:
    """Write the workbook and the CSV files of the published results; an earlier export is replaced.

    Parameters
    ----------
    paths : Paths
        Where the warehouse is there, everything is compared with the ids in it.
    to : Path
        Made where it is not there.

    Returns
    -------
    list of Path
        The workbook and datapackage.json.

    Raises
    ------
    ExportError
        If the folder holds something else, the workbook is open, or a text holds an id: nothing is replaced.
    UnreadableError
        If the published file cannot be read.
    """
    to = Path(os.path.realpath(to))
    if to.exists() and not (to.is_dir() and is_export(to)):
        raise ExportError(f"{paths.short(to)} holds something else: choose another folder.")
    if to.exists():
        refuse_an_open_workbook(to)
    with closing(published.connect(paths.results)) as con:
        tables = {table.name: table for table in published_tables(con)}
        facts = build_facts(con)
    new = to.with_name(f"{to.name}.{os.getpid()}.new")
    try:
        (new / FILES).mkdir(parents=True)
        texts = write_package(new / FILES, tables.values(), facts, metadata.version("vfm"))
        leaks.refuse_ids(texts, paths.warehouse)
        write_workbook(new / WORKBOOK, tables, facts)
        _put_in_place(new, to)
    except leaks.LeakError as problem:
        raise ExportError(str(problem)) from problem
    finally:
        shutil.rmtree(new, ignore_errors=True)
    return [to / WORKBOOK, to / FILES / DESCRIPTOR]


def _put_in_place(new, to):
    """The workbook first: on Windows a file that Excel holds cannot be replaced, and then nothing is."""
    to.mkdir(exist_ok=True)
    try:
        system.replace(new / WORKBOOK, to / WORKBOOK)
    except PermissionError as problem:
        raise ExportError(
            f"{WORKBOOK} cannot be replaced: close it in Excel and try again, or choose another folder."
        ) from problem
    if (to / FILES).exists():
        shutil.rmtree(to / FILES)
    (new / FILES).rename(to / FILES)


def main(arguments: list[str] | None = None) -> int:
    """Write the export and say where; return 1 with one sentence where it cannot be written."""
    parser = argparse.ArgumentParser(prog="python -m vfm.pages.export", description=__doc__)
    parser.add_argument("--to", default="export", help="the folder (default: export)")
    chosen = parser.parse_args(arguments)
    paths, began = Paths.from_environment(PROJECT), time.monotonic()
    try:
        written = write_export(paths, paths.project / chosen.to)
    except (ExportError, published.UnreadableError, OSError, duckdb.Error) as problem:
        print(str(problem).splitlines()[0], file=sys.stderr)
        return 1
    for path in written:
        print(f"{paths.short(path)}  {path.stat().st_size / 1e6:.1f} MB")
    if not paths.warehouse.exists():
        print(f"Not compared with ids of persons, since there is no {paths.short(paths.warehouse)}.")
    print(f"Written in {time.monotonic() - began:.1f} s.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
