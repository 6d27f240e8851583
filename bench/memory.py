"""Measure peak memory and time of each Python model that reads persons' rows, in a process of its own.

Run with python bench/memory.py after make build, and with --copies 100 for a hundred times the spells: those
of the build under other ids, in a file beside the warehouse that is removed in the end. A model's function is
called as dbt calls it, with the variables of dbt_project.yml. It prints Markdown, as in docs/statistics.md;
peak memory is the whole process, DuckDB and imports included; beside it stands that of its largest worker, of
which the bootstrap has one for each processor.
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

from vfm.warehouse.paths import PROJECT, Paths

MODELS = {path.stem: path for path in sorted((PROJECT / "python_models").glob("*/*.py"))}
PERSON_LEVEL = re.compile(r'dbt\.ref\("(int_cox_input|int_spells)"\)')
#: Tables of one row per spell: their schema, and the columns that name a spell or person.
PERSONS = {
    "int_cox_input": ("intermediate", ["spell_id", "person_id"]),
    "int_spells": ("intermediate", ["spell_id", "person_id"]),
    "int_linear_predictors": ("intermediate", ["spell_id"]),
}
DUCKDB_MEMORY = "1GB"


def copy(warehouse, path, copies):
    """Put into a DuckDB file what the models read, the rows of persons several times under other ids."""
    import duckdb

    with duckdb.connect(path, config={"memory_limit": DUCKDB_MEMORY}) as connection:
        name = warehouse.replace("'", "''")
        connection.execute(f"attach '{name}' as built (read_only)")
        for table, (schema, ids) in PERSONS.items():
            rows = f"from built.{schema}.{table}"
            connection.execute(f"create table {table} as select * {rows} limit 0")
            for k in range(copies):
                named = ", ".join(f"'{k:04d}' || {column} as {column}" for column in ids)
                connection.execute(f"insert into {table} select * replace ({named}) {rows} order by spell_id")
        connection.execute("create table cox_baseline as select * from built.benchmark.cox_baseline")


class Dbt:
    """What a Python model is given: `ref`, and `config` with the variables of the project filled in."""

    def __init__(self, connection, path, replicates):
        import yaml

        variables = yaml.safe_load((PROJECT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
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
    built = Paths.from_environment(PROJECT).warehouse
    parser.add_argument("--warehouse", default=str(built), help="of a build; default that of $VFM_BUILD")
    parser.add_argument("--copies", type=int, default=1, help="of the persons in it")
    parser.add_argument("--models", nargs="+", choices=person_level, default=person_level)
    parser.add_argument("--replicates", type=int, help="of the bootstrap; default as the project has it")
    parser.add_argument("--part", help=argparse.SUPPRESS)  # of the processes it starts
    options = parser.parse_args()
    if options.part:
        return measure(options.warehouse, options.part, options.replicates)
    paths = os.pathsep.join([*filter(None, [os.environ.get("PYTHONPATH")]), str(PROJECT)])
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": paths}
    with tempfile.TemporaryDirectory(dir=Path(options.warehouse).parent) as folder:
        data = options.warehouse
        if options.copies > 1:
            data = str(Path(folder) / "copies.duckdb")
            copy(options.warehouse, data, options.copies)
        command = [sys.executable, __file__, "--warehouse", data]
        command += ["--replicates", str(options.replicates)] if options.replicates else []
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
