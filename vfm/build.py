"""make build: build the warehouse with dbt, publish the results where all passed, say what was made."""

import argparse
import json
import os
import re
import shutil
import sys
import textwrap
import time
from contextlib import closing
from datetime import datetime
from pathlib import Path
from typing import TextIO

import duckdb

from vfm.engines import spark
from vfm.pages import reproduction
from vfm.privacy import redaction
from vfm.privacy.leaks import LeakError
from vfm.warehouse import build_folder, machine, publish, seed_files, settings, studies, variables
from vfm.warehouse.dbt_runs import LOCK_HOLDER, held, run_dbt, wait_for_warehouse
from vfm.warehouse.failures import one_sentence
from vfm.warehouse.machine import BuildError
from vfm.warehouse.paths import PROJECT, Paths

try:
    import resource
except ImportError:  # Windows
    resource = None


def print_tables(paths: Paths, rows: dict[tuple[str, str], int]) -> None:
    """Say which tables were published, and what stayed behind."""
    for schema in publish.SCHEMAS:
        tables = {table: count for (own, table), count in rows.items() if own == schema}
        listed = ", ".join(f"{table} {count:,}" for table, count in tables.items())
        print(f"\n{schema}: {len(tables)} tables, {sum(tables.values()):,} rows")
        print(textwrap.fill(listed, 110, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False))
    print(f"\nPerson-level tables (persons.spells, persons.case_mix, raw, staging, intermediate) stay in "
          f"{paths.short(paths.warehouse)}.")  # fmt: skip


def print_comparison(con: duckdb.DuckDBPyConnection) -> None:
    """Print how the rebuilt report compares with the printed one.

    First report.comparison_summary: cells, those within tolerance, largest difference by report item; then
    how many of report.published_criteria are met, with the names of the others.
    """
    found = con.execute(
        "select 1 from duckdb_tables() where schema_name = 'report' and table_name = 'comparison_summary'"
    ).fetchall()
    if not found:
        return
    summary = con.sql("select * from report.comparison_summary")
    table = [[column.replace("_", " ") for column in summary.columns]]
    table += [[show(value) for value in row] for row in summary.fetchall()]
    columns = list(zip(*table, strict=True))
    widths = [max(map(len, column)) for column in columns]
    signs = [
        ">" if all(re.fullmatch(r"[-+.,\de]*", text) for text in column[1:]) else "<" for column in columns
    ]
    print("\nThe report's printed values and the rebuilt ones (report.published_comparison has every cell)")
    for row in table:
        cells = [f"{text:{sign}{width}}" for text, sign, width in zip(row, signs, widths, strict=True)]
        print("  " + "  ".join(cells).rstrip())
    criteria = con.sql("select criterion, is_met from report.published_criteria").fetchall()
    missed = [name for name, is_met in criteria if not is_met]
    print(
        f"\n{len(criteria) - len(missed)} of the {len(criteria)} criteria for the rebuilt report are met "
        f"(report.published_criteria){'; not met:' if missed else '.'}"
    )
    if missed:
        print(textwrap.fill(", ".join(missed), 110, initial_indent="  ", subsequent_indent="  "))


def write_page(paths: Paths) -> None:
    """Write the page on the comparison and say where; what was published stands without it, too."""
    try:
        page = reproduction.write_reproduction(paths.results, paths.project, paths.build)
    except OSError as problem:
        print(f"\n{reproduction.PAGE} could not be written ({problem.strerror}).")
        return
    except LeakError as problem:
        print(f"\n{problem}")
        return
    if page:
        print(f"\nThe comparison, with the largest misses and the errata: {paths.short(page)}")


def show(value: object) -> str:
    """Write a value for a person."""
    if value is None:
        return ""
    return (
        f"{value:,.4g}"
        if isinstance(value, float)
        else f"{value:,}"
        if isinstance(value, int)
        else str(value)
    )


def build(
    paths: Paths, stream: TextIO = sys.stdout, engine: str = "duckdb", values: dict | None = None
) -> tuple[dict[tuple[str, str], int], dict[str, float]]:
    """Build and publish.

    Parameters
    ----------
    paths : Paths
    stream : text file
        Where progress is shown.
    engine : {"duckdb", "spark"}
        What builds the SQL models up to the *_input tables; the rest is built on DuckDB.
    values : dict, optional
        Variables of the method that are to differ from those of the study in force.

    Returns
    -------
    rows : dict
        {(schema, table): rows} of what was published.
    seconds : dict
        Time taken by phase.

    Raises
    ------
    BuildError, publish.NotPublishedError
        If anything failed; nothing was published then.
    """
    started = time.monotonic()
    values = values or {}
    in_force = studies.in_force(paths.project) | values
    refused = variables.refusals(in_force)
    if refused:
        raise BuildError(*refused)
    refused = seed_files.problems(in_force, paths.project)
    if refused:
        raise BuildError(*refused)
    set_here = ("--vars", json.dumps(values)) if values else ()
    build_folder.refuse_addresses()
    publish.prepare_folder(paths.results)
    before = os.umask(0o077)  # the warehouse, the logs and the compiled SQL are the owner's alone
    name = paths.short(paths.build)
    build_folder.claim(paths)
    with machine.only_build(paths.build, name):
        wait_for_warehouse(paths)
        settings.accounts()
        settings.duckdb_config(paths.build)  # refused here, and not after dbt has read the project
        shutil.rmtree(settings.spill(paths.build), ignore_errors=True)  # of a build that was killed
        from_spark = spark.build(paths, stream, set_here) if engine == "spark" else {}
        on_spark = time.monotonic() - started
        choice = ("--exclude-resource-type", "unit_test", *set_here)
        preparation = run_dbt(paths, stream, choice, from_spark)
        built = time.monotonic()
        rows = publish.publish(paths.warehouse, paths.results, paths.target, mode=0o666 & ~before)
    ended = time.monotonic()
    return rows, {
        **({"on Spark": on_spark} if from_spark else {}),
        "to read the project and mount the registers": preparation,
        "for models and tests": built - started - preparation - (on_spark if from_spark else 0),
        "to publish": ended - built,
    }


def print_summary(paths: Paths, rows: dict[tuple[str, str], int], seconds: dict[str, float]) -> None:
    """Say what was made, from what, how it compares with the report and how long it took."""
    print_tables(paths, rows)
    with closing(duckdb.connect(str(paths.results), read_only=True)) as con:
        print_comparison(con)
        write_page(paths)
        origin, accounts, commit = con.execute(
            "select data_origin, accounts_origin, git_commit from meta.build_info"
        ).fetchone()
    if accounts != origin:
        origin += f" (accounts: {accounts})"
    commit = commit[:12] + "+changes" * commit.endswith("+changes")
    memory = ""
    if resource:
        memory = (
            f"; {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024:,.0f} MB of memory at most"
        )
    phases = ", ".join(f"{value:.1f} s {phase}" for phase, value in seconds.items())
    print(
        f"\nPublished {paths.short(paths.results)}: {len(rows)} tables from {origin}, commit {commit}."
        f"\n{sum(seconds.values()):.1f} s: {phases}{memory}."
    )


def still_published(paths: Paths, before: tuple[int, int] | None) -> str:
    """Say what a failed build left in place; `before` is the identity of the file when the build began."""
    name = paths.short(paths.results)
    now = identity(paths.results)
    if not now:
        return f"Nothing was published; there is no {name} yet."
    if now != before:
        return f"The new results are in {name} already."
    when = datetime.fromtimestamp(paths.results.stat().st_mtime).strftime("%Y-%m-%d %H:%M")
    return f"Nothing was published; the results of {when} are still in {name}."


def identity(path: Path) -> tuple[int, int] | None:
    """Return inode and time of change of a file, by which its replacement is noticed.

    None if the file cannot be read.
    """
    try:
        return path.stat().st_ino, path.stat().st_mtime_ns
    except OSError:
        return None


def main(arguments: list[str] | None = None) -> int:
    """Run the build from the command line; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m vfm.build", description=__doc__)
    parser.add_argument("--project-dir", default=PROJECT, help="the project's root (default: where vfm lies)")
    parser.add_argument(
        "--engine",
        choices=["duckdb", "spark"],
        default="duckdb",
        help="what builds the SQL models up to the *_input tables (default: duckdb)",
    )
    parser.add_argument(
        "--vars",
        type=variables.read,
        default={},
        metavar="YAML",
        help="variables of the method that differ from those of the study, as in '{window_weeks: 104}'",
    )
    chosen = parser.parse_args(arguments)
    paths = Paths.from_environment(chosen.project_dir)
    before = identity(paths.results)
    try:
        with machine.told_to_end():
            rows, seconds = build(paths, engine=chosen.engine, values=chosen.vars)
    except (BuildError, publish.NotPublishedError) as problem:
        sentences = [*map(str, problem.args)]
    except OSError as problem:
        sentences = [str(problem)]
    except duckdb.Error as problem:
        holder = LOCK_HOLDER.search(str(problem))  # someone opened the warehouse just before it was published
        said = held(paths.short(paths.warehouse), holder) if holder else redaction.of_duckdb(str(problem))
        sentences = [one_sentence(said)]
    except machine.Stopped as stop:
        print(f"\nInterrupted. {still_published(paths, before)}", file=sys.stderr)
        return 128 + stop.args[0]
    else:
        print_summary(paths, rows, seconds)
        return 0
    print("\n".join(["", *sentences, still_published(paths, before)]), file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
