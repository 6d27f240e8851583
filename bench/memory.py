"""Measure peak memory and time of each Python model that reads persons' rows, in a process of its own.

Run with python bench/memory.py --spells 3600000, or with --warehouse build/warehouse.duckdb for the spells of
a build; it prints Markdown, as in docs/statistics.md. Simulated spells come from tests/python/simulation.py
(77 covariates, 98 municipalities), part by part, and go into a temporary DuckDB file. A model's function is
called as dbt calls it, with the variables of dbt_project.yml; peak memory is the whole process, DuckDB and
imports included, and its workers are measured beside it.
"""

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from importlib import util
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MODELS = {path.stem: path for path in sorted((ROOT / "python_models").glob("*/*.py"))}
PERSON_LEVEL = re.compile(r'dbt\.ref\("(cox_input|spells)"\)')
MUNICIPALITIES = 98
PART = 180_000
DUCKDB_MEMORY = "1GB"


def simulate(path, spells):
    """Put simulated spells, a linear predictor for each and a baseline into a DuckDB file."""
    import duckdb
    import numpy as np
    import pandas as pd

    sys.path.insert(0, str(ROOT / "tests" / "python"))
    import simulation

    rng = np.random.default_rng(2)
    with duckdb.connect(path, config={"memory_limit": DUCKDB_MEMORY}) as connection:
        for part, first in enumerate(range(0, spells, PART)):
            some = min(PART, spells - first)
            frame = simulation.spells(some, seed=1 + part, municipalities=MUNICIPALITIES)
            for column in ("spell_id", "person_id"):
                frame[column] = f"{part:03d}" + frame[column]
            outcomes = frame.iloc[:, :6].assign(outcome=np.where(frame["is_success"], "success", "left"))
            scores = frame[["spell_id", "sex", "municipality_code", "is_benchmarked"]].assign(
                linear_predictor=rng.standard_normal(some).round(3), is_without_hazard=False
            )
            made = {"cox_input": frame, "spells": outcomes, "int_linear_predictors": scores}
            for table, rows in made.items():
                connection.register("rows", rows)
                connection.execute(f"create table if not exists {table} as select * from rows limit 0")
                connection.execute(f"insert into {table} select * from rows")
        weeks = np.arange(157)
        curves = [pd.DataFrame({"sex": s, "week": weeks, "survival": 0.998**weeks}) for s in ("men", "women")]
        connection.register("rows", pd.concat(curves))
        connection.execute("create table cox_baseline as select * from rows")


class Dbt:
    """What a Python model is given: `ref`, and `config` with the variables of the project filled in."""

    def __init__(self, connection, path, replicates):
        import yaml

        variables = yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
        variables["bootstrap_replicates"] = replicates or variables["bootstrap_replicates"]
        [model] = yaml.safe_load(path.with_suffix(".yml").read_text(encoding="utf-8"))["models"]
        named = re.compile(r"var\('(\w+)'\)")
        self.config = {
            name: variables[named.search(text)[1]]
            for name, text in model.get("config", {}).items()
            if named.search(str(text))
        }
        self.connection = connection
        self.schemas = dict(
            connection.sql("select table_name, table_schema from information_schema.tables").fetchall()
        )

    def ref(self, name):
        """A table as a relation."""
        return self.connection.table(f"{self.schemas[name]}.{name}")


def measure(path, name, replicates):
    """Run one model; its seconds by the clock and of processors, and the peaks in MB, as JSON."""
    import duckdb

    spec = util.spec_from_file_location(name, MODELS[name])
    model = util.module_from_spec(spec)
    with duckdb.connect(path, read_only=True, config={"memory_limit": DUCKDB_MEMORY, "threads": 2}) as found:
        dbt = Dbt(found, MODELS[name], replicates)
        began = time.monotonic()
        spec.loader.exec_module(model)
        model.model(dbt, found)
        clock = time.monotonic() - began
    own, workers = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    processor = own.ru_utime + own.ru_stime + workers.ru_utime + workers.ru_stime
    print(json.dumps([clock, processor, own.ru_maxrss / 1024, workers.ru_maxrss / 1024]))


def main():
    """Make the spells, then measure every model in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    person_level = [n for n, path in MODELS.items() if PERSON_LEVEL.search(path.read_text(encoding="utf-8"))]
    parser.add_argument("--spells", type=int, default=36_000)
    parser.add_argument("--models", nargs="+", choices=person_level, default=person_level)
    parser.add_argument("--replicates", type=int, help="of the bootstrap; default as the project has it")
    parser.add_argument("--warehouse", help="the DuckDB file of a build, instead of simulated spells")
    parser.add_argument("--part", help=argparse.SUPPRESS)  # of the processes it starts
    options = parser.parse_args()
    if options.part == "simulate":
        return simulate(options.warehouse, options.spells)
    if options.part:
        return measure(options.warehouse, options.part, options.replicates)
    paths = os.pathsep.join([*filter(None, [os.environ.get("PYTHONPATH")]), str(ROOT)])
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": paths}
    with tempfile.TemporaryDirectory() as folder:
        data = options.warehouse or str(Path(folder) / "spells.duckdb")
        command = [sys.executable, __file__, "--warehouse", data, "--spells", str(options.spells)]
        command += ["--replicates", str(options.replicates)] if options.replicates else []
        if not options.warehouse:
            subprocess.run([*command, "--part", "simulate"], check=True, env=environment)
        print("| Model | seconds | of processors | peak MB | of its largest worker |")
        print("| --- | ---: | ---: | ---: | ---: |", flush=True)
        for name in options.models:
            done = subprocess.run(
                [*command, "--part", name], env=environment, stdout=subprocess.PIPE, text=True
            )
            if done.returncode:
                print(f"| `{name}` | ended with status {done.returncode} | | | |", flush=True)
                continue
            clock, processor, peak, worker = json.loads(done.stdout.splitlines()[-1])
            print(f"| `{name}` | {clock:.1f} | {processor:.1f} | {peak:,.0f} | {worker:,.0f} |", flush=True)


if __name__ == "__main__":
    main()
