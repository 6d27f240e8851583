"""Open the published file to read, or say in one sentence why it cannot be read."""

from pathlib import Path

import duckdb

from vfm.warehouse.dbt_runs import LOCK_HOLDER
from vfm.warehouse.paths import DEFAULT_STUDY, PROJECT, Paths


class UnreadableError(Exception):
    """The published file is missing, no DuckDB file, or of another version; the message is one sentence."""


def results() -> Path:
    """Return the path of the published file: $VFM_RESULTS or vfm.duckdb, from the project's root."""
    return Paths.from_environment(PROJECT).results


def study(con: duckdb.DuckDBPyConnection) -> str:
    """Name the study that a published file is of; one from before there were several is of the report's."""
    found = con.execute(
        "select 1 from duckdb_tables() where schema_name = 'meta' and table_name = 'study'"
    ).fetchall()
    return con.execute("select study from meta.study").fetchone()[0] if found else DEFAULT_STUDY


def connect(path: str | Path) -> duckdb.DuckDBPyConnection:
    """Open a published file, read-only; SQL on it reaches no other file and no network.

    Parameters
    ----------
    path : path

    Returns
    -------
    duckdb connection

    Raises
    ------
    UnreadableError
        If there is no such file, it is no DuckDB file of a version that can be read, or it does not say which
        data it holds.
    """
    path = Path(path)
    if not path.exists():
        raise UnreadableError(f"There is no {path.name}: make build writes it.")
    con = opened(path, path.name, {"enable_external_access": "false"})
    try:
        con.execute("select data_origin, accounts_origin from meta.build_info")
    except duckdb.Error as problem:
        con.close()
        raise another_version(path, "meta.build_info") from problem
    return con


def opened(path: Path, name: str, config: dict | None = None) -> duckdb.DuckDBPyConnection:
    """Open a DuckDB file, read-only.

    Parameters
    ----------
    path : Path
    name : str
        What the file is called in a message.
    config : dict, optional
        Of DuckDB.

    Raises
    ------
    UnreadableError
        If another process holds it, which is named, or it is no DuckDB file that can be read.
    """
    try:
        return duckdb.connect(str(path), read_only=True, config=config or {})
    except (duckdb.Error, UnicodeError) as problem:
        holder = LOCK_HOLDER.search(str(problem))
        if holder:
            by = f"{Path(holder['program']).name} (process {holder['pid']})"
            raise UnreadableError(f"{name} is held by {by}: close it there and try again.") from problem
        first = str(problem).strip().splitlines()[0]
        raise UnreadableError(f"{name} cannot be opened ({first}).") from problem


def another_version(path: str | Path, lacking: str) -> UnreadableError:
    """Return the error for a file that lacks what this version of the project reads."""
    return UnreadableError(
        f"{Path(path).name} has no {lacking}: it is of another version of the project. Run make build again."
    )


def origin(con: duckdb.DuckDBPyConnection) -> str:
    """Say which data the file holds: 'synthetic, seed 1', and which accounts where they differ."""
    registers, accounts = con.execute("select data_origin, accounts_origin from meta.build_info").fetchone()
    return registers if accounts == registers else f"{registers} (accounts: {accounts})"
