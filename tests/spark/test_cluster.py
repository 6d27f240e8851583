"""A standalone cluster of two workers builds the tables that DuckDB builds, even with one of them killed."""

import hashlib
import io
import json
import os
import re
import subprocess
import sys

import duckdb
import pytest
from cluster import cluster
from engines import differing_rows

from vfm.engines import spark
from vfm.warehouse.dbt_runs import run_dbt
from vfm.warehouse.paths import PROJECT, Paths


@pytest.fixture(scope="module")
def on_duckdb(tmp_path_factory):
    """DuckDB's tables: a connection to them, and the names of those that Spark builds, too."""
    root = tmp_path_factory.mktemp("on_duckdb")
    root.chmod(0o700)
    paths = Paths(project=PROJECT, build=root, results=root / "vfm.duckdb")
    run_dbt(paths, io.StringIO(), spark.CHOICE[2:], {"VFM_BUILD": str(root)})
    nodes = json.loads((paths.target / "manifest.json").read_text(encoding="utf-8"))["nodes"]
    results = json.loads((paths.target / "run_results.json").read_text(encoding="utf-8"))["results"]
    built = [nodes[result["unique_id"]] for result in results if result["unique_id"] in nodes]
    tables = [node for node in built if node["resource_type"] in ("model", "seed")]
    names = [(node["schema"], node["alias"]) for node in tables if node["config"]["materialized"] != "view"]
    with duckdb.connect(str(paths.warehouse), read_only=True) as con:
        yield con, names


@pytest.fixture
def folder(tmp_path):
    """A folder of one's own: rows of persons lie in it for the time of the test."""
    tmp_path.chmod(0o700)
    return tmp_path


class Halfway(io.StringIO):
    """A terminal that does something once, when half of the steps have begun."""

    def __init__(self, act):
        super().__init__()
        self.act, self.done = act, None

    def isatty(self):
        return True

    def write(self, text):
        found = re.search(r"(\d+) of (\d+)", text)
        if found and self.done is None and 2 * int(found[1]) >= int(found[2]):
            self.done = int(found[1]), int(found[2])
            self.act()
        return super().write(text)


def build_on(address, folder, monkeypatch, act):
    """Build on a cluster and act halfway; return the folder of the tables and the steps begun and in all."""
    monkeypatch.setenv("SPARK_MASTER", address)
    monkeypatch.setenv("SPARK_LOCAL_IP", "127.0.0.1")  # the workers are on this machine, too
    monkeypatch.setenv("SPARK_EXECUTOR_MEMORY", "1500m")
    paths = Paths(project=PROJECT, build=folder / "build", results=folder / "vfm.duckdb")
    paths.build.mkdir(mode=0o700)
    stream = Halfway(act)
    built = spark.build(paths, stream, run_dbt)
    begun, steps = stream.done
    assert begun < steps
    return built["VFM_SPARK_TABLES"]


def differing_tables(on_duckdb, folder):
    """Return {table: rows that differ}, and see that each is committed once and whole."""
    con, names = on_duckdb
    assert ("intermediate", "int_cox_input") in names
    differing = {}
    for schema, name in names:
        table = f"{folder}/{schema}.db/{name}"
        committed_once(table)
        rows = differing_rows(con, f'"{schema}"."{name}"', f"read_parquet('{table}/*.parquet')")
        if rows:
            differing[f"{schema}.{name}"] = rows
    return differing


def committed_once(table):
    """A task that was tried again has left one file, and none that was not committed."""
    files = sorted(os.listdir(table))
    assert "_SUCCESS" in files and "_temporary" not in files
    parts = [file.split("-")[1] for file in files if file.startswith("part-")]
    jobs = {file.split("-", 2)[2].split("-c000")[0] for file in files if file.startswith("part-")}
    assert parts and len(parts) == len(set(parts)), files
    assert len(jobs) == 1, "files of one job"


def test_a_cluster_builds_what_duckdb_builds(on_duckdb, folder, monkeypatch):
    at_work = []
    with cluster(folder) as (address, workers):
        tables = build_on(
            address, folder, monkeypatch, lambda: at_work.extend(worker.executors() for worker in workers)
        )
    assert len(at_work) == 2 and all(at_work), "each worker had an executor"
    assert differing_tables(on_duckdb, tables) == {}


def test_a_worker_killed_in_the_middle_changes_nothing(on_duckdb, folder, monkeypatch):
    killed = []

    def kill():
        killed.extend(workers[0].executors())
        workers[0].kill()

    with cluster(folder) as (address, workers):
        tables = build_on(address, folder, monkeypatch, kill)
        assert killed, "it had an executor"
        assert workers[0].process.returncode == -9
        assert workers[1].process.poll() is None
    assert differing_tables(on_duckdb, tables) == {}


def test_without_any_worker_left_the_build_ends_in_a_sentence(folder):
    published = folder / "vfm.duckdb"
    published.write_bytes(b"what was published last")
    with cluster(folder) as (address, workers):
        changed = {
            "SPARK_MASTER": address,
            "SPARK_LOCAL_IP": "127.0.0.1",
            "SPARK_EXECUTOR_MEMORY": "1500m",
            "SPARK_PATIENCE_SECONDS": "10",
            "VFM_BUILD": str(folder / "build"),
            "VFM_RESULTS": str(published),
        }
        with subprocess.Popen(
            [sys.executable, "-m", "vfm.build", "--engine", "spark"],
            cwd=PROJECT,
            env=os.environ | changed,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            for line in process.stdout:
                if "intermediate" in line:  # a layer is named when its first model begins
                    assert all(worker.executors() for worker in workers)
                    for worker in workers:
                        worker.kill()
                    break
            said = process.communicate(timeout=900)[1].strip().splitlines()
    assert process.returncode == 1
    assert said[0] == (
        f"Spark has had no executor at {address} for 10 seconds: the workers are gone, busy, or have less "
        "memory to give than SPARK_EXECUTOR_MEMORY. See docs/bad_input.md#spark."
    )
    assert len(said) == 3 and said[-1].startswith("Nothing was published; the results of ")
    assert (
        hashlib.sha256(published.read_bytes()).hexdigest()
        == hashlib.sha256(b"what was published last").hexdigest()
    )
    assert not (folder / "build/spill").exists()
