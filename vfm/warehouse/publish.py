"""Publish the results: copy the aggregates of a whole build into one file, or leave the last one alone."""

import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import duckdb

from vfm.privacy import leaks
from vfm.privacy.declarations import SCHEMAS, DeclarationError, Table, published_tables
from vfm.privacy.identifiers import IDENTIFIERS
from vfm.warehouse import machine, settings, system
from vfm.warehouse.failures import FAILED
from vfm.warehouse.sql_text import literal


class NotPublishedError(Exception):
    """The results may not be published; every argument is one sentence for a person."""


def tables_to_publish(manifest: dict) -> dict[str, Table]:
    """List the tables that belong in the published file: those whose yml says publish: true.

    Parameters
    ----------
    manifest : dict
        dbt's manifest.json.

    Returns
    -------
    dict
        {unique id of the model: its declaration}, sorted by schema and table.

    Raises
    ------
    NotPublishedError
        If a model of the schemas in SCHEMAS does not say whether it is published, or a column of a published
        one lacks its declaration: one sentence for each.
    """
    try:
        tables = published_tables(manifest, SCHEMAS)
    except DeclarationError as problem:
        raise NotPublishedError(*problem.args) from problem
    return dict(sorted(tables.items(), key=lambda item: (SCHEMAS.index(item[1].schema), item[1].name)))


def check_run(manifest: dict, run_results: dict) -> None:
    """Refuse a run in which anything failed or anything was left out.

    Parameters
    ----------
    manifest, run_results : dict
        dbt's manifest.json and run_results.json of the same invocation.

    Raises
    ------
    NotPublishedError
        If a node failed or was skipped, or a model, data test or seed of the project has no result.
    """
    status = {result["unique_id"]: result["status"] for result in run_results["results"]}
    failed = sorted(key for key, value in status.items() if value in FAILED)
    if failed:
        raise NotPublishedError(f"{len(failed)} steps of the build failed, the first is {failed[0]}.")
    invocations = [document["metadata"]["invocation_id"] for document in (manifest, run_results)]
    if invocations[0] != invocations[1]:
        raise NotPublishedError("The manifest and the run results are of two different dbt runs.")
    nodes = {
        key: node
        for key, node in manifest["nodes"].items()
        if node["resource_type"] in ("model", "test", "seed")
        and node["config"].get("materialized") != "ephemeral"
        and node["config"].get("enabled", True)  # dbt keeps the tests of a model that a study does not have
    }
    left_out = sorted(nodes.keys() - status.keys())
    if left_out:
        raise NotPublishedError(
            f"The run left out {len(left_out)} models or tests, the first is {left_out[0]}: "
            "only a whole build is published."
        )


def comments_of(con: duckdb.DuckDBPyConnection) -> dict[tuple[str, str], dict[str | None, str | None]]:
    """Read what describes the warehouse, at once: each question to DuckDB's catalog goes through all of it.

    Returns
    -------
    dict
        {(schema, table): {column: comment}}, columns in their order; the table's own comment is that of None.
    """
    found: dict = {}
    for schema, table, column, comment in con.execute(
        """
        select schema_name, table_name, column_name, comment from duckdb_columns()
        where database_name = 'warehouse' order by column_index
        """
    ).fetchall():
        found.setdefault((schema, table), {})[column] = comment
    for schema, table, comment in con.execute(
        """
        select schema_name, table_name, comment from duckdb_tables() where database_name = 'warehouse'
        union all
        select schema_name, view_name, comment from duckdb_views() where database_name = 'warehouse'
        """
    ).fetchall():
        found.setdefault((schema, table), {})[None] = comment
    return found


def copy_table(con: duckdb.DuckDBPyConnection, declared: Table, comments: dict) -> int:
    """Copy a table of the warehouse, with its comments, into the connection's own file; return its rows."""
    schema, table = declared.schema, declared.name
    name = f'"{schema}"."{table}"'
    columns = dict(comments.get((schema, table), {}))
    comment = columns.pop(None, None)
    check_columns(declared, list(columns))
    con.execute(f'create schema if not exists "{schema}"')
    con.execute(f"create table {name} as select * from warehouse.{name}")
    if comment:
        con.execute(f"comment on table {name} is {literal(comment)}")
    for column, text in columns.items():
        if text:
            con.execute(f'comment on column {name}."{column}" is {literal(text)}')
    check_precisions(con, declared)
    (rows,) = con.execute(f"select count(*) from {name}").fetchone()
    return rows


def check_precisions(con: duckdb.DuckDBPyConnection, declared: Table) -> None:
    """Refuse a copied table that holds a number more precisely than its yml declares.

    Parameters
    ----------
    con : duckdb connection
    declared : Table

    Raises
    ------
    NotPublishedError
    """
    rounded = [column for column in declared.columns.values() if column.precision.rounds]
    if not rounded:
        return
    apart = ", ".join(
        f"coalesce(bool_or(isfinite({quoted}) and abs({quoted} - {column.precision.sql(quoted)}) "
        f"> 1e-9 * abs({quoted})), false)"
        for column in rounded
        for quoted in [f'try_cast("{column.name}" as double)']
    )
    found = con.execute(f'select {apart} from "{declared.schema}"."{declared.name}"').fetchone()
    for column, is_apart in zip(rounded, found, strict=True):
        if is_apart:
            raise NotPublishedError(
                f"Column {column.name} of {declared.schema}.{declared.name} holds numbers with more digits "
                f"than its yml declares ({column.precision.words})."
            )


def check_columns(declared: Table, columns: list[str]) -> None:
    """Refuse a table of the warehouse that is not there, or has other columns than may be published.

    Parameters
    ----------
    declared : Table
    columns : list of str
        Those of the warehouse.

    Raises
    ------
    NotPublishedError
    """
    name = f"{declared.schema}.{declared.name}"
    if not columns:
        raise NotPublishedError(f"The warehouse has no table {name}.")
    personal = sorted(column for column in columns if column.lower() in IDENTIFIERS)
    if personal:
        raise NotPublishedError(
            f"Table {name} holds {', '.join(personal)}: person-level rows are never published. "
            "Keep it in the schema intermediate or persons, or take the column out."
        )
    undeclared = declared.undeclared(columns)
    if undeclared:
        raise NotPublishedError(
            f"Table {name} holds {', '.join(undeclared)}, which its yml does not declare: "
            "say what the column rests on and with what precision it is given."
        )


def refuse_ids(con: duckdb.DuckDBPyConnection) -> None:
    """Refuse a new file in which a text or a whole number is a person's id, whatever its column is called.

    Parameters
    ----------
    con : duckdb connection
        As from `into`.

    Raises
    ------
    NotPublishedError
        One sentence for each column; none shows an id.
    """
    leaks.learn_ids(con, "warehouse", beside=SCHEMAS)
    found = leaks.ids_in_tables(con, con.execute("select current_database()").fetchone()[0])
    if found:
        raise NotPublishedError(
            *(
                f"Column {column} of {table} holds {count} {'id' if count == 1 else 'ids'} of persons, "
                "which are never published."
                for table, column, count in found
            )
        )


@contextmanager
def into(warehouse: str | Path, path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """Open a DuckDB file to write to, beside the warehouse; safely on disk when left."""
    with closing(duckdb.connect(str(path), config=settings.duckdb_config(Path(warehouse).parent))) as con:
        con.execute(f"attach {literal(warehouse)} as warehouse (read_only)")
        con.execute("set enable_external_access = false")  # except for these two files
        con.execute("begin")  # one commit for all tables: each costs a wait for the disk
        yield con
        con.execute("commit")
        con.execute("detach warehouse")
        con.execute("checkpoint")
    with open(path, "rb+") as stream:
        os.fsync(stream.fileno())


def write_file(warehouse: str | Path, path: Path, tables: Iterable[Table]) -> dict[tuple[str, str], int]:
    """Write the tables into a new DuckDB file, look for ids in it, and return {(schema, table): rows}."""
    with into(warehouse, path) as con:
        comments = comments_of(con)
        rows = {(table.schema, table.name): copy_table(con, table, comments) for table in tables}
        refuse_ids(con)
        return rows


def new_file(results: str | Path) -> tuple[Path, Path]:
    """Return the file to publish, links followed, and the one beside it that this process writes first."""
    results = Path(os.path.realpath(results))
    return results, results.with_name(f"{results.name}.{os.getpid()}.new")


def prepare_folder(results: str | Path) -> None:
    """Make the folder of the published file, and sure that a file can be written there.

    Parameters
    ----------
    results : path

    Raises
    ------
    NotPublishedError
        If not.
    """
    results, new = new_file(results)
    if results.is_dir():
        raise NotPublishedError(
            f"{results} is a folder: set VFM_RESULTS to the file to publish. {machine.SEE}"
        )
    try:
        results.parent.mkdir(parents=True, exist_ok=True)
        new.touch()
        new.unlink()
    except OSError as problem:
        raise NotPublishedError(not_writable(results.parent, problem)) from problem


def not_writable(folder: Path, problem: Exception) -> str:
    """Put into a sentence why a folder took no file."""
    if machine.NO_ROOM.search(str(problem)):
        return machine.out_of_room("results", folder, folder)
    return machine.cannot_write("results", folder, problem)


def publish(
    warehouse: str | Path, results: str | Path, target: str | Path, mode: int = 0o644
) -> dict[tuple[str, str], int]:
    """Publish the aggregates of a build that passed, by one atomic rename.

    Parameters
    ----------
    warehouse : path
        build/warehouse.duckdb.
    results : path
        The published file, vfm.duckdb. Readers may hold the old one open; they keep what they have.
    target : path
        dbt's target folder, with manifest.json and run_results.json of the build.
    mode : int
        Permissions of the published file.

    Returns
    -------
    dict
        {(schema, table): rows}.

    Raises
    ------
    NotPublishedError
        If the build did not pass as a whole, a model or a column is not declared as it must be, or a table to
        publish is missing or holds a person's id. As on any other error the old file is left as it was, byte
        for byte, and nothing half-written stays behind.
    """
    manifest, run_results = (
        json.loads((Path(target) / name).read_text(encoding="utf-8"))
        for name in ("manifest.json", "run_results.json")
    )
    check_run(manifest, run_results)
    tables = tables_to_publish(manifest).values()
    return put_in_place(results, mode, lambda new: write_file(warehouse, new, tables))


def publish_table(
    warehouse: str | Path, results: str | Path, target: str | Path, schema: str, table: str
) -> int:
    """Publish one table of the warehouse anew, in a published file that is otherwise of the same build.

    Parameters
    ----------
    warehouse, results, target : path
        As `publish`.
    schema, table : str

    Returns
    -------
    int
        Its rows.

    Raises
    ------
    NotPublishedError
        As `publish`; the old file is left as it was then, as on any other error.
    """
    manifest = json.loads((Path(target) / "manifest.json").read_text(encoding="utf-8"))
    (declared,) = (
        each for each in tables_to_publish(manifest).values() if (each.schema, each.name) == (schema, table)
    )

    def write(new):
        shutil.copyfile(os.path.realpath(results), new)
        with into(warehouse, new) as con:
            con.execute(f'drop table if exists "{schema}"."{table}"')
            rows = copy_table(con, declared, comments_of(con))
            refuse_ids(con)
            return rows

    return put_in_place(results, Path(results).stat().st_mode & 0o777, write)


def put_in_place(results: str | Path, mode: int, write: Callable[[Path], Any]) -> Any:
    """Let `write` make the new file and rename it over the published one; returns what `write` does.

    Parameters
    ----------
    results : path
    mode : int
        Permissions of the published file.
    write : callable
        Takes the path of the file to make.

    Raises
    ------
    NotPublishedError
        If there is no room or right to write. The old file is left as it was on any error.
    """
    results, new = new_file(results)
    prepare_folder(results)
    remove_leftovers(results)
    try:
        written = write(new)
        new.chmod(mode)
        system.replace(new, results)
        sync_folder(results.parent)
    except system.HeldError as problem:
        raise NotPublishedError(f"{problem.strerror}; the warehouse that was built stays.") from problem
    except (OSError, duckdb.Error) as problem:
        if machine.NO_ROOM.search(str(problem)):
            raise NotPublishedError(not_writable(results.parent, problem)) from problem
        raise
    finally:
        for leftover in (new, new.with_name(new.name + ".wal")):
            leftover.unlink(missing_ok=True)
    return written


def remove_leftovers(results: Path) -> None:
    """Remove what a publication that was killed left beside the published file."""
    for path in results.parent.glob(f"{results.name}.*.new*"):
        process = path.name[len(results.name) + 1 :].split(".")[0]
        if process.isdigit() and (int(process) == os.getpid() or not is_running(int(process))):
            path.unlink(missing_ok=True)


def is_running(process: int) -> bool:
    """Whether a process of this number exists; on Windows, where asking would end it, any may."""
    if os.name == "nt":
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def sync_folder(folder: Path) -> None:
    """Make a rename in a folder survive a power cut; Windows opens no folders."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
