"""Runs dbt in a process of its own: gives it variables, follows its log and reads how it ended."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TextIO

import duckdb

from vfm.warehouse import machine, settings, studies, terminal
from vfm.warehouse.failures import failures
from vfm.warehouse.machine import BuildError
from vfm.warehouse.paths import DEFAULT_STUDY, Paths, study_name

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
try:
    import vfm.warehouse.dbt_speed
except (ImportError, AttributeError):
    pass  # another dbt, which is as fast as it is
cli()
"""
PATIENCE_SECONDS = 10.0
PARSED = "partial_parse.msgpack"
LOCK_HOLDER = re.compile(
    r"lock is held in (?P<program>.*?) \(PID (?P<pid>\d+)\)(?: by user (?P<user>\S+?))?[.\s]"
)


def wait_for_warehouse(paths: Paths, patience: float = PATIENCE_SECONDS) -> None:
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


def held(name: str, holder: re.Match[str]) -> str:
    """Say who holds the warehouse, from a match of LOCK_HOLDER."""
    user = f", user {holder['user']}" if holder["user"] else ""
    return (
        f"{name} is held by {Path(holder['program']).name} (process {holder['pid']}{user}): "
        "close it there and build again. Analysts should open the published file instead."
    )


class DbtProgress:
    """How far dbt is: one line that is written over on a terminal, one line per layer elsewhere."""

    def __init__(self, stream):
        self.stream = stream
        self.start = time.monotonic()
        self.first_node = None
        self.layers = {}

    def hear(self, event: dict) -> None:
        """Take in one event of dbt's JSON log."""
        data = event["data"]
        node = data.get("node_info") or {}
        if event["info"]["name"] == "LogStartLine" and data.get("total"):
            self.first_node = self.first_node or time.monotonic()
            self.say(node, data["index"], data["total"])

    def say(self, node: dict, index: int, total: int) -> None:
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

    def end(self) -> None:
        """Leave the line."""
        terminal.leave(self.stream)


def run_dbt(
    paths: Paths,
    stream: TextIO,
    choice: Sequence[str] = ("--exclude-resource-type", "unit_test"),
    variables: Mapping[str, str] = (),
    first: str = "",
) -> float:
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
    progress = DbtProgress(stream)
    # a seed whose columns changed is made anew, not filled into its old table
    choice = ["build", *choice, "--full-refresh", "--log-level", "info"]
    try:
        status, errors, plain = listen(paths, choice, progress.hear, variables, first)
    except BaseException:
        shutil.rmtree(settings.spill(paths.build), ignore_errors=True)
        raise
    progress.end()
    if status != 0:
        raise BuildError(*failures(paths, errors, plain))
    return (progress.first_node or progress.start) - progress.start


def listen(
    paths: Paths,
    choice: Sequence[str],
    hear: Callable[[dict], None],
    variables: Mapping[str, str] = (),
    first: str = "",
) -> tuple[int, list[tuple[str, str]], list[str]]:
    """Run dbt in a process of its own and follow its log.

    Parameters
    ----------
    paths : Paths
    choice : sequence of str
        dbt's command and options, without the variables of the study in force, which are added.
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
        sys.executable, "-c", first + DBT, *studies.with_variables(choice, paths.project),
        "--target-path", str(paths.target), "--log-path", str(paths.logs),
        "--log-format", "json", "--log-format-file", "text", "--no-use-colors",
        "--no-send-anonymous-usage-stats",
    ]  # fmt: skip
    command += [] if "--vars" in choice else parsed_already(paths)
    environment = os.environ | dict(variables)
    if study_name() != DEFAULT_STUDY and not environment.get("VFM_BUILD"):
        environment["VFM_BUILD"] = paths.short(paths.build)  # profiles/profiles.yml knows no studies
    environment.setdefault("OPENBLAS_NUM_THREADS", "1")  # the same sums on every machine
    environment.setdefault("DBT_USE_FAST_TEST_EDGES", "1")  # the same order of steps, found in less time
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
            errors, plain = _follow(dbt.stdout, hear)
        except BaseException:
            dbt.kill()  # its database survives that, and the rest of its work is not wanted
            dbt.wait()
            raise
        dbt.wait()  # before the pipe to it is closed
    if dbt.returncode < 0:
        plain.append(
            f"dbt was killed (signal {-dbt.returncode}), by someone or because memory ran out. {machine.SEE}"
        )
    return dbt.returncode, errors, plain


def parsed_already(paths: Paths) -> list[str]:
    """Return dbt's option to begin with what the project's own build has parsed, in a folder without any.

    dbt reads of the project what changed since, and with other variables all of it.
    """
    own = paths.project / "build" / "target" / PARSED
    if (paths.target / PARSED).exists() or not own.exists():
        return []
    return ["--partial-parse-file-path", str(own)]


def _follow(log, hear):
    """Hand on each event of dbt's log; return the errors among them, and the lines that are no events."""
    errors, plain = [], []
    for line in log:
        try:
            event = json.loads(line)
            name, level = event["info"]["name"], event["info"]["level"]
        except (ValueError, KeyError, TypeError):
            plain.append(line)
            continue
        if level == "error":
            errors.append((name, event["info"]["msg"]))
        hear(event)
    return errors, plain
