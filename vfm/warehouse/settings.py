"""What the environment says about DuckDB's memory, threads and spill folder, and about the accounts."""

import hashlib
import os
import re
from pathlib import Path

import duckdb

from vfm.warehouse import machine
from vfm.warehouse.paths import PROJECT, accounts_folder

SHARE = 0.5  # of the memory: the Python models work in DuckDB's process and need the other half
DUCKDB_SHARE = 0.8  # what DuckDB would take by itself
SMALLEST_MB = 256  # with less, DuckDB has no room for the pages that a query holds
SIZE = re.compile(r"(?P<number>\d+(?:\.\d+)?) ?(?P<unit>[KMGT])(?P<binary>i?)B", re.IGNORECASE)
UNITS = "KMGT"
ACCOUNTS = "seeds/statbank"


def duckdb_config(build: str | Path) -> dict[str, str]:
    """Settings of every connection to a warehouse.

    Parameters
    ----------
    build : path
        The build folder.

    Returns
    -------
    dict
        As `limits`, with temp_directory.

    Raises
    ------
    machine.BuildError
        One sentence that names the switch, where its value cannot be used.
    """
    return limits() | {"temp_directory": str(spill(build))}


def limits() -> dict[str, str]:
    """Return DuckDB's memory_limit and, where $VFM_THREADS is set, its threads."""
    threads = os.environ.get("VFM_THREADS") or None
    if threads and not (re.fullmatch(r"\d{1,4}", threads) and int(threads)):
        raise machine.BuildError(
            f"VFM_THREADS is {threads}: give a whole number of threads from 1 on. {machine.SEE}"
        )
    return {"memory_limit": memory_limit()} | ({"threads": threads} if threads else {})


def memory_limit() -> str:
    """Return how much memory DuckDB may take: $VFM_MEMORY_LIMIT, or half of what there is."""
    said = os.environ.get("VFM_MEMORY_LIMIT")
    if not said:
        with duckdb.connect() as con:  # it knows the limit of a container, too
            (own,) = con.execute("select current_setting('memory_limit')").fetchone()
        return f"{megabytes(own) * SHARE / DUCKDB_SHARE:.0f}MB"
    if (megabytes(said) or 0) < SMALLEST_MB:
        raise machine.BuildError(
            f"VFM_MEMORY_LIMIT is {said}: give a size with its unit, at least {SMALLEST_MB}MB, such as 8GB. "
            f"{machine.SEE}"
        )
    return said


def megabytes(size: str) -> float | None:
    """Return a size such as 8GB or 750 MiB, as DuckDB writes it, in millions of bytes.

    None if the text is not a size.
    """
    found = SIZE.fullmatch(size.strip())
    if found is None:
        return None
    base = 1024 if found["binary"] else 1000
    return float(found["number"]) * base ** (UNITS.index(found["unit"].upper()) + 1) / 1e6


def spill(build: str | Path) -> Path:
    """Return the folder for what memory cannot hold; it is emptied by every build.

    Parameters
    ----------
    build : path
        The build folder, whose `spill` it is where $VFM_SPILL is not set.

    Returns
    -------
    Path
        In $VFM_SPILL, a folder of this build's own: builds may share a disk, and what else is there stays.

    Raises
    ------
    machine.BuildError
        If no such folder can be made, or it is somebody else's.
    """
    said = os.environ.get("VFM_SPILL")
    if not said:
        return Path(build) / "spill"
    own = hashlib.sha256(os.path.realpath(build).encode()).hexdigest()[:12]
    folder = PROJECT / said / f"vfm_{own}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        state = folder.lstat()
    except OSError as problem:
        if machine.NO_ROOM.search(str(problem)):
            raise machine.BuildError(machine.out_of_room("spill", folder, said)) from problem
        raise machine.BuildError(machine.cannot_write("spill", said, problem)) from problem
    if folder.is_symlink() or (hasattr(os, "geteuid") and state.st_uid != os.geteuid()):
        raise machine.BuildError(
            f"{folder} is not a folder of yours: set VFM_SPILL to another place. {machine.SEE}"
        )
    return folder


def accounts() -> Path:
    """Return the folder of the municipal accounts and the labour market: $VFM_STATBANK or seeds/statbank.

    Raises
    ------
    machine.BuildError
        If $VFM_STATBANK has not the tables of seeds/statbank, under the same headings.
    """
    shipped, folder = PROJECT / ACCOUNTS, accounts_folder()
    if folder == shipped:
        return shipped
    said = os.environ["VFM_STATBANK"]
    for table in sorted(shipped.glob("*.csv")):
        wrong = None
        try:
            if heading(folder / table.name) != heading(table):
                wrong = "other headings"
        except OSError as problem:
            wrong = problem.strerror
        except UnicodeDecodeError:
            wrong = "not UTF-8: save it as CSV UTF-8"
        if wrong:
            raise machine.BuildError(
                f"VFM_STATBANK is {said}, whose {table.name} cannot replace that of {ACCOUNTS} ({wrong}): "
                "set it to a folder with all its tables, such as build/scale_10/statbank, or leave it out. "
                "See docs/bad_input.md#accounts-folder."
            )
    return folder


def heading(table: Path) -> str:
    """Return the first line of a CSV file."""
    with open(table, encoding="utf-8-sig") as stream:
        return stream.readline().strip()
