"""Measure peak memory and time of the statistics on simulated spells, each in a process of its own.

Run with python bench/memory.py --spells 3600000; it prints Markdown, as in docs/statistics.md. The spells
come from tests/python/simulation.py with 98 municipalities, go into a temporary DuckDB file, and are read and
estimated as the Python models do. Peak memory is the whole process, DuckDB and imports included. Making 3.6
million spells takes more than that, once and in a process of its own.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
MUNICIPALITIES = 98
DUCKDB_MEMORY = "1GB"
STEPS = ("read", "coefficients", "diagnostics", "uncertainty", "efron", "concordance", "bands", "bootstrap")


def simulate(path, spells):
    """Put simulated spells, and a linear predictor for each, into a DuckDB file."""
    import duckdb
    import numpy as np

    sys.path.insert(0, str(ROOT / "tests" / "python"))
    import simulation

    frame = simulation.spells(spells, municipalities=MUNICIPALITIES)
    with duckdb.connect(path) as connection:
        connection.execute("create table cox_input as select * from frame order by spell_id")
        scores = np.random.default_rng(2).standard_normal(spells).round(3)
        predictors = frame[["spell_id"]].assign(linear_predictor=scores, is_without_hazard=False)
        connection.register("made", predictors)
        connection.execute("create table predictors as select * from made order by spell_id")


def measure(path, step):
    """Run one step; processor seconds of reading and of the step, and the peaks in MB, as JSON."""
    import duckdb

    from vfm import bootstrap, cox, diagnostics, indicator

    connection = duckdb.connect(path, read_only=True, config={"memory_limit": DUCKDB_MEMORY, "threads": 2})
    began = time.process_time()
    relation = connection.table("cox_input")
    if step in ("concordance", "bands"):
        spells = relation.select(", ".join(cox.ID_COLUMNS)).order("spell_id").df()
    else:
        spells = cox.read(relation.order("spell_id"))
    read = time.process_time() - began
    began = time.process_time()
    if step == "concordance":
        predictors = connection.table("predictors").order("spell_id").df()
        diagnostics.concordance_table(spells, predictors)
    elif step != "read":
        {
            "coefficients": cox.coefficients_by_sex,
            "diagnostics": cox.diagnostics_by_sex,
            "uncertainty": indicator.uncertainty_table,
            "efron": indicator.efron_table,
            "bands": diagnostics.survival_bands,
            "bootstrap": lambda s: bootstrap.indicators(s, 32, 1, processes=1, progress=False),
        }[step](spells)
    seconds = time.process_time() - began
    workers = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    print(
        json.dumps([read, seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, workers / 1024])
    )


def main():
    """Make the spells, then measure every step in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--spells", type=int, default=36_000)
    parser.add_argument("--steps", nargs="+", choices=STEPS, default=STEPS)
    parser.add_argument("--data", help="the DuckDB file to use, made where it is missing")
    parser.add_argument("--part", help=argparse.SUPPRESS)  # of the processes it starts
    options = parser.parse_args()
    if options.part == "simulate":
        return simulate(options.data, options.spells)
    if options.part:
        return measure(options.data, options.part)
    paths = os.pathsep.join([*filter(None, [os.environ.get("PYTHONPATH")]), str(ROOT)])
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": paths}
    with tempfile.TemporaryDirectory() as folder:
        data = options.data or str(Path(folder) / "spells.duckdb")
        command = [sys.executable, __file__, "--spells", str(options.spells), "--data", data, "--part"]
        if not Path(data).exists():
            subprocess.run([*command, "simulate"], check=True, env=environment)
        print("Seconds are of the processor. A worker's peak is at least that of the process above it.\n")
        print(f"| {options.spells:,} spells | reading, s | estimating, s | peak MB | of its worker |")
        print("| --- | ---: | ---: | ---: | ---: |")
        for step in options.steps:
            done = subprocess.run([*command, step], env=environment, stdout=subprocess.PIPE, text=True)
            if done.returncode:
                print(f"| {step} | ended with status {done.returncode} | | | |", flush=True)
                continue
            read, seconds, peak, worker = json.loads(done.stdout.splitlines()[-1])
            print(f"| {step} | {read:.1f} | {seconds:.1f} | {peak:,.0f} | {worker:,.0f} |", flush=True)


if __name__ == "__main__":
    main()
