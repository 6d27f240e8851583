"""make build: build the warehouse with dbt, publish the results where all passed, say what was made."""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from vfm import machine, publish, redact, reproduction, spark, spark_session, switches, terminal
from vfm.machine import BuildError

try:
    import resource
except ImportError:  # Windows
    resource = None

PROJECT = Path(__file__).resolve().parents[1]
SHOWN_FAILURES = 12  # one for each register and one more
# dbt ends when its standard input does, which is when this process ends, however it ends. dbt keeps what it
# parses until it ends: looking through it for garbage again and again costs seconds.
DBT = """
import gc, os, threading
def end_with_the_build():
    os.read(0, 1)
    os._exit(1)
threading.Thread(target=end_with_the_build, daemon=True).start()
gc.set_threshold(100_000, 50, 50)
from dbt.cli.main import cli
cli()
"""
PATIENCE_SECONDS = 10.0
WRAPPER = re.compile(r"^(Compilation|Runtime|Database|Parsing|Dbt\w*|Env\w*) Error( in .*)?$", re.IGNORECASE)
NOISE = re.compile(
    r"^(> in |> called by|compiled code at|LINE \d+:|\^+$|Traceback|Python model failed:|Encountered an)"
)
LOCK_HOLDER = re.compile(
    r"lock is held in (?P<program>.*?) \(PID (?P<pid>\d+)\)(?: by user (?P<user>\S+?))?[.\s]"
)


@dataclass(frozen=True)
class Paths:
    """Where a build reads and writes; all absolute."""

    project: Path
    build: Path
    results: Path

    @classmethod
    def from_environment(cls, project):
        """Take $VFM_BUILD and $VFM_RESULTS, relative ones from the project's root."""
        project = Path(project).resolve()
        return cls(
            project=project,
            build=project / (os.environ.get("VFM_BUILD") or "build"),
            results=project / (os.environ.get("VFM_RESULTS") or "vfm.duckdb"),
        )

    @property
    def warehouse(self):
        """The file dbt builds into."""
        return self.build / "warehouse.duckdb"

    @property
    def target(self):
        """dbt's manifest, run results and compiled SQL."""
        return self.build / "target"

    @property
    def logs(self):
        """dbt's full log."""
        return self.build / "logs"

    @property
    def spill(self):
        """Where DuckDB puts what memory cannot hold."""
        return switches.spill(self.build)

    def short(self, path):
        """Name a path as a person in the project's root would."""
        return str(path.relative_to(self.project)) if path.is_relative_to(self.project) else str(path)


def wait_for_warehouse(paths, patience=PATIENCE_SECONDS):
    """Make sure that no other process holds the warehouse.

    Parameters
    ----------
    paths : Paths
    patience : float
        Seconds to wait for another process to let go.

    Raises
    ------
    BuildError
        If it is still held then, naming the program, or if the file cannot be opened at all.
    """
    name = paths.short(paths.warehouse)
    deadline = time.monotonic() + patience
    while True:
        try:
            duckdb.connect(str(paths.warehouse)).close()
            return
        except duckdb.Error as problem:
            holder = LOCK_HOLDER.search(str(problem))
            if holder is None:
                first = str(problem).strip().splitlines()[0]
                room = machine.NO_ROOM.search(first)
                raise BuildError(
                    machine.out_of_room("build", paths.build, paths.short(paths.build))
                    if room
                    else f"{name} cannot be opened ({first}). Remove it with make clean."
                ) from problem
            if time.monotonic() > deadline:
                raise BuildError(held(name, holder)) from problem
        time.sleep(0.5)


def held(name, holder):
    """Say who holds the warehouse, from a match of LOCK_HOLDER."""
    user = f", user {holder['user']}" if holder["user"] else ""
    return (
        f"{name} is held by {Path(holder['program']).name} (process {holder['pid']}{user}): "
        "close it there and build again. Analysts should open the published file instead."
    )


class Progress:
    """One line that is written over on a terminal, one line per layer elsewhere."""

    def __init__(self, stream):
        self.stream = stream
        self.start = time.monotonic()
        self.first_node = None
        self.layers = {}

    def hear(self, event):
        """Take in one event of dbt's JSON log."""
        data = event["data"]
        node = data.get("node_info") or {}
        if event["info"]["name"] == "LogStartLine" and data.get("total"):
            self.first_node = self.first_node or time.monotonic()
            self.say(node, data["index"], data["total"])

    def say(self, node, index, total):
        """Show that a node starts."""
        seconds = time.monotonic() - self.start
        layer = (node.get("node_relation") or {}).get("schema", "")
        if self.stream.isatty():
            line = f"{seconds:6.1f} s  {index} of {total}  {layer}.{node.get('node_name', '')}"
            terminal.write_over(self.stream, line)
        elif node.get("resource_type") in ("model", "seed") and layer not in self.layers:
            self.layers[layer] = index
            self.stream.write(f"{seconds:6.1f} s  {index} of {total}  {layer}\n")
        self.stream.flush()

    def end(self):
        """Leave the line."""
        terminal.leave(self.stream)


def run_dbt(paths, stream, choice=("--exclude-resource-type", "unit_test"), variables=(), first=""):
    """Run dbt build in a process of its own.

    Parameters
    ----------
    paths : Paths
    stream : text file
        Where progress is shown.
    choice : sequence of str
        dbt's options that say what is built. Unit tests prove the code, not the data: make test runs them.
    variables : dict
        Environment variables besides those of this process.
    first : str
        Python that is run in dbt's process before dbt.

    Returns
    -------
    float
        Seconds before the first model or seed started: parsing and mounting the registers.

    Raises
    ------
    BuildError
        If dbt did not end well; one sentence for each of the first failures.
    """
    for name in ("run_results.json", "manifest.json"):
        (paths.target / name).unlink(missing_ok=True)
    progress = Progress(stream)
    # a seed whose columns changed is made anew, not filled into its old table
    choice = ["build", *choice, "--full-refresh", "--log-level", "info"]
    try:
        status, errors, plain = listen(paths, choice, progress.hear, variables, first)
    except BaseException:
        shutil.rmtree(paths.spill, ignore_errors=True)
        raise
    progress.end()
    if status != 0:
        raise BuildError(*failures(paths, errors, plain))
    return (progress.first_node or progress.start) - progress.start


def listen(paths, choice, hear, variables=(), first=""):
    """Run dbt in a process of its own and follow its log.

    Parameters
    ----------
    paths : Paths
    choice : sequence of str
        dbt's command and options.
    hear : callable
        Takes each event of the log, a dict.
    variables, first : dict, str
        As `run_dbt`.

    Returns
    -------
    status : int
        0 if dbt ended well.
    errors, plain : list
        As `failures` takes them.
    """
    command = [
        sys.executable, "-c", first + DBT, *choice,
        "--target-path", str(paths.target), "--log-path", str(paths.logs),
        "--log-format", "json", "--log-format-file", "text", "--no-use-colors",
        "--no-send-anonymous-usage-stats",
    ]  # fmt: skip
    # paths as they stand: other words for one path cost a new parse of the project
    environment = os.environ | dict(variables)
    environment.setdefault("OPENBLAS_NUM_THREADS", "1")  # the same sums on every machine
    environment.setdefault("DBT_USE_FAST_TEST_EDGES", "1")  # the same order of steps, found in less time
    errors, plain = [], []
    with subprocess.Popen(
        command,
        cwd=paths.project,
        env=environment,
        text=True,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    ) as dbt:
        try:
            for line in dbt.stdout:
                try:
                    event = json.loads(line)
                    name, level = event["info"]["name"], event["info"]["level"]
                except (ValueError, KeyError, TypeError):
                    plain.append(line)
                    continue
                if level == "error":
                    errors.append((name, event["info"]["msg"]))
                hear(event)
        except BaseException:
            dbt.kill()  # its database survives that; nothing it would still do is wanted
            dbt.wait()
            raise
        dbt.wait()  # before the pipe to it is closed
    if dbt.returncode < 0:
        plain.append(
            f"dbt was killed (signal {-dbt.returncode}), by someone or because memory ran out. {machine.SEE}"
        )
    return dbt.returncode, errors, plain


def failures(paths, errors, plain):
    """Put into sentences what failed.

    Parameters
    ----------
    paths : Paths
    errors : list of (event name, message)
        dbt's log lines of level error.
    plain : list of str
        What dbt's process wrote outside its log.

    Returns
    -------
    list of str
        At least one sentence.
    """
    log = f"The full log is {paths.short(paths.logs)}/dbt.log."
    try:
        results = json.loads((paths.target / "run_results.json").read_text(encoding="utf-8"))["results"]
    except (OSError, ValueError):  # dbt ended before it wrote them, or while it did
        results = []
    failed = [result for result in results if result["status"] in publish.FAILED - {"skipped"}]
    said = [*(result["message"] or "" for result in failed), *(message for _, message in errors), *plain]
    lost = [text for text in map(one_sentence, said) if text.startswith(spark_session.LOST)]
    if lost:
        return [lost[0], log]
    said = [text for text in said if not one_sentence(text).startswith(("register ", "target "))]
    refused = machine.refusal(said, paths.build, paths.short(paths.build), paths.spill)
    if refused:
        return [refused, log]
    if not failed:
        said = [message for name, message in errors if name == "MainEncounteredError"]
        said = said or [message for _, message in errors] or ["".join(plain[-1:])]
        return [one_sentence(said[-1]) or "dbt stopped without a word.", log]
    sentences = [describe(result, paths) for result in failed]
    # what fails beside a refused register fails because of it
    sentences = [sentence for sentence in sentences if sentence.startswith("register ")] or sentences
    if len(sentences) > SHOWN_FAILURES:
        sentences[SHOWN_FAILURES:] = [f"{len(sentences) - SHOWN_FAILURES} more steps failed."]
    return [*sentences, log]


def describe(result, paths):
    """Put one failed entry of run_results.json into a sentence."""
    kind, _, name = result["unique_id"].split(".")[:3]
    message = one_sentence(result["message"] or "")
    if message.startswith(("register ", "target ")):
        return message
    got = re.match(r"Got (\d+) results?, configured to fail", message)
    if got:
        rows = "1 row breaks it" if got[1] == "1" else f"{got[1]} rows break it"
        return f"test {name}: {rows}; dbt show -s {name} lists them."
    return f"{kind.replace('_', ' ')} {name}: {message}"


def one_sentence(message):
    """Take dbt's and Python's wrapping off an error message."""
    message = re.sub(r"\x1b\[[0-9;]*m", "", message)
    if "Traceback (most recent call last)" in message:
        after = re.split(r"\n\s*File \"[^\n]*\n", message)[-1].splitlines()
        lines = [
            line for line in after if re.match(r"\s*[\w.]+(Error|Exception|Warning|Interrupt)\b", line)
        ] or after
        message = re.sub(r"^[\w.]+?(?:Value)?Error: (?=\w+ \w+)", "", "\n".join(lines[-1:]).strip())
    lines = [line.strip() for line in message.splitlines()]
    kept = [line for line in lines if line and not WRAPPER.match(line) and not NOISE.match(line)]
    return re.sub(r"^Invalid Input Error: (?=register )", "", " ".join(kept))


def print_tables(paths, rows):
    """Say which tables were published, and what stayed behind."""
    for schema in publish.SCHEMAS:
        tables = {table: count for (own, table), count in rows.items() if own == schema}
        listed = ", ".join(f"{table} {count:,}" for table, count in tables.items())
        print(f"\n{schema}: {len(tables)} tables, {sum(tables.values()):,} rows")
        print(textwrap.fill(listed, 110, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False))
    print(f"\nPerson-level tables (benchmark.spells, benchmark.case_mix, raw, staging, intermediate) stay in "
          f"{paths.short(paths.warehouse)}.")  # fmt: skip


def print_comparison(con):
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


def write_page(paths):
    """Write the page on the comparison and say where; what was published stands without it, too."""
    try:
        page = reproduction.write(paths.results, paths.project, paths.build)
    except OSError as problem:
        print(f"\n{reproduction.PAGE} could not be written ({problem.strerror}).")
        return
    if page:
        print(f"\nThe comparison, with the largest misses and the errata: {paths.short(page)}")


def show(value):
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


def build(paths, stream=sys.stdout, engine="duckdb"):
    """Build and publish.

    Parameters
    ----------
    paths : Paths
    stream : text file
        Where progress is shown.
    engine : {"duckdb", "spark"}
        What builds the SQL models up to the *_input tables; the rest is built on DuckDB.

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
    publish.prepare_folder(paths.results)
    before = os.umask(0o077)  # the warehouse, the logs and the compiled SQL are the owner's alone
    name = paths.short(paths.build)
    try:
        paths.build.mkdir(mode=0o700, parents=True, exist_ok=True)
        paths.build.chmod(0o700)
    except OSError as problem:
        raise BuildError(machine.cannot_write("build", name, problem)) from problem
    with machine.only_build(paths.build, name):
        wait_for_warehouse(paths)
        switches.accounts()
        switches.duckdb_config(paths.build)  # refused here, and not after dbt has read the project
        shutil.rmtree(paths.spill, ignore_errors=True)  # of a build that was killed
        from_spark = spark.build(paths, stream, run_dbt) if engine == "spark" else {}
        on_spark = time.monotonic() - started
        preparation = run_dbt(paths, stream, variables=from_spark)
        built = time.monotonic()
        rows = publish.publish(paths.warehouse, paths.results, paths.target, mode=0o666 & ~before)
    ended = time.monotonic()
    return rows, {
        **({"on Spark": on_spark} if from_spark else {}),
        "to read the project and mount the registers": preparation,
        "for models and tests": built - started - preparation - (on_spark if from_spark else 0),
        "to publish": ended - built,
    }


def print_summary(paths, rows, seconds):
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


def still_published(paths, before):
    """Say what a failed build left in place; `before` is the identity of the file when the build began."""
    name = paths.short(paths.results)
    now = identity(paths.results)
    if not now:
        return f"Nothing was published; there is no {name} yet."
    if now != before:
        return f"The new results are in {name} already."
    when = datetime.fromtimestamp(paths.results.stat().st_mtime).strftime("%Y-%m-%d %H:%M")
    return f"Nothing was published; the results of {when} are still in {name}."


def identity(path):
    """Return what tells a file from the one that replaces it; None where there is none to be seen."""
    try:
        return path.stat().st_ino, path.stat().st_mtime_ns
    except OSError:
        return None


def main(arguments=None):
    """Run the build from the command line; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m vfm.build", description=__doc__)
    parser.add_argument("--project-dir", default=PROJECT, help="the project's root (default: where vfm lies)")
    parser.add_argument(
        "--engine",
        choices=["duckdb", "spark"],
        default="duckdb",
        help="what builds the SQL models up to the *_input tables (default: duckdb)",
    )
    chosen = parser.parse_args(arguments)
    paths = Paths.from_environment(chosen.project_dir)
    before = identity(paths.results)
    try:
        with machine.told_to_end():
            rows, seconds = build(paths, engine=chosen.engine)
    except (BuildError, publish.NotPublishedError) as problem:
        sentences = [*map(str, problem.args)]
    except OSError as problem:
        sentences = [str(problem)]
    except duckdb.Error as problem:
        holder = LOCK_HOLDER.search(str(problem))  # someone opened the warehouse just before it was published
        said = held(paths.short(paths.warehouse), holder) if holder else redact.of_duckdb(str(problem))
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
