"""Build the alternatives of alternatives.toml, and publish the comparison with the build.

Each is built by dbt in a copy of the warehouse, from the first model that reads its variables on; the copy is
the owner's alone and removed at once.
"""

import io
import json
import os
import shutil
import sys
from contextlib import closing
from pathlib import Path
from typing import TextIO

import duckdb
import pandas as pd

from vfm.warehouse import machine, provenance, publish, terminal
from vfm.warehouse.alternatives import (
    ANALYSES,
    KEPT,
    MARKS,
    WANTED,
    Alternative,
    fingerprints,
    keep_states,
    listed,
    state_of_warehouse,
)
from vfm.warehouse.dbt_runs import run_dbt, wait_for_warehouse
from vfm.warehouse.machine import BuildError
from vfm.warehouse.paths import Paths, register_folder


def built_from(paths: Paths) -> dict:
    """Return the row of meta.build_info, having made sure that all that is compared is of that one build.

    Raises
    ------
    BuildError
        If there is no warehouse or no published file, they are of two builds, or the project or the registers
        are not those of the build any more.
    """
    warehouse, results = paths.short(paths.warehouse), paths.short(paths.results)
    if not paths.warehouse.exists():
        raise BuildError(
            f"There is no {warehouse} yet, whose indicators are compared: make build makes it. "
            "See docs/bad_input.md#no-warehouse."
        )
    if not paths.results.exists():
        raise BuildError(f"There is no {results} to publish the comparison in: make build writes it.")
    wait_for_warehouse(paths)
    rows = {}
    for path in (paths.warehouse, paths.results):
        with closing(duckdb.connect(str(path), read_only=True)) as con:
            try:
                rows[path] = con.sql("select * from meta.build_info").df().iloc[0].to_dict()
            except (duckdb.Error, IndexError) as problem:
                raise BuildError(
                    f"{paths.short(path)} does not say what it was built from: run make build again."
                ) from problem
    build_info = rows[paths.warehouse]
    if not set(MARKS) <= set(build_info):
        raise BuildError(f"{warehouse} is of another version of the project: run make build again.")
    if rows[paths.results] != build_info:
        raise BuildError(f"{results} and {warehouse} are of two builds: run make build again.")
    again = "run make build again, then make sensitivity."
    if provenance.code_fingerprint() != build_info["code_fingerprint"]:
        raise BuildError(f"The project has changed since {warehouse} was built: {again}")
    if provenance.register_fingerprint(register_folder()) != build_info["register_fingerprint"]:
        raise BuildError(f"The registers are not those that {warehouse} was built from: {again}")
    return build_info


def rebuild(paths: Paths, alternative: Alternative, folder: Path) -> pd.DataFrame:
    """Build an alternative in a copy of the warehouse and return its state.

    Parameters
    ----------
    paths : Paths
    alternative : Alternative
    folder : Path
        For the copy; not removed here.

    Raises
    ------
    BuildError
        If dbt fails, naming the alternative, or if there is no room for the copy.
    """
    copy = Paths(project=paths.project, build=folder, results=paths.results)
    folder.mkdir(parents=True)
    try:
        shutil.copyfile(paths.warehouse, copy.warehouse)
    except OSError as problem:
        if machine.NO_ROOM.search(str(problem)):
            raise BuildError(machine.out_of_room("build", paths.build, paths.short(paths.build))) from problem
        raise
    models = [f"{first}+,+{last}" for first in alternative.changes for last in WANTED]
    choice = ["--exclude-resource-type", "unit_test", "test", "--vars", json.dumps(alternative.vars)]
    try:
        run_dbt(copy, io.StringIO(), [*choice, "--select", *models], {"VFM_BUILD": str(folder)})
    except BuildError as problem:
        said = [text for text in problem.args if "full log is" not in text]  # the log goes with the copy
        raise BuildError(f"{alternative.label_en} cannot be built:", *said) from problem
    with closing(duckdb.connect(str(copy.warehouse), read_only=True)) as con:
        return state_of_warehouse(con)


def build_alternatives(paths: Paths, stream: TextIO = sys.stdout) -> None:
    """Build all alternatives, then the table in the warehouse, then publish it.

    Parameters
    ----------
    paths : Paths
    stream : text file
        Where progress is shown.

    Raises
    ------
    BuildError, publish.NotPublishedError
        If anything failed; what is published stays as it was.
    """
    before = os.umask(0o077)  # copies of the warehouse are the owner's alone
    work = paths.build / "sensitivity"
    try:
        if not paths.build.exists():
            built_from(paths)  # says what is missing
        with machine.only_build(paths.build, paths.short(paths.build)):
            shutil.rmtree(work, ignore_errors=True)  # of a run that was killed
            try:
                marks = fingerprints(built_from(paths))
                chosen = listed()
                built = [each for each in chosen if each.vars]
                progress, states = terminal.Progress(stream, len(built), "alternatives built"), {}
                for each in built:
                    progress.say(each.label_en)
                    states[each.name] = rebuild(paths, each, work / each.name)
                    shutil.rmtree(work / each.name)
                    progress.count(each.label_en)
                progress.say("the comparison")
                with closing(duckdb.connect(str(paths.warehouse), read_only=True)) as con:
                    states |= {each.name: ANALYSES[each.analysis](con) for each in chosen if each.analysis}
                keep_states(paths.build / KEPT, marks, states)
                build_table(paths, work / "table")
                progress.end()
                publish.publish_table(paths.warehouse, paths.results, paths.target, "report", "sensitivity")
            finally:
                shutil.rmtree(work, ignore_errors=True)
    finally:
        os.umask(before)


def build_table(paths: Paths, folder: Path) -> None:
    """Build report.sensitivity in the warehouse, with its tests; dbt's own files go into another folder."""
    apart = Paths(project=paths.project, build=folder, results=paths.results)
    folder.mkdir(parents=True)
    choice = ["--exclude-resource-type", "unit_test", "--select", "sensitivity"]
    run_dbt(apart, io.StringIO(), choice, {"VFM_BUILD": str(paths.build)})
