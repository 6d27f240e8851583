"""Processor time and memory of single models: each is built alone, from the tables of a finished warehouse.

python bench/models.py stg_registers__dream_weeks int_person_weeks_classified
python bench/models.py --explain int_spell_candidates

The compiled SQL is that of $VFM_BUILD/target, the limits are a build's (VFM_MEMORY_LIMIT, VFM_THREADS).
Processor time and not time on the clock: it is the same beside other work.
"""

import argparse
import json
import multiprocessing
import resource
import tempfile
import time
from pathlib import Path

import duckdb

from vfm.warehouse import settings
from vfm.warehouse.paths import PROJECT, Paths
from vfm.warehouse.sql_text import literal

PATHS = Paths.from_environment(PROJECT)
SHOWN_OPERATORS = 6


def statement(model):
    """Return the compiled SQL of a model."""
    (file,) = (PATHS.target / "compiled/value_for_money/models").rglob(f"{model}.sql")
    return file.read_text(encoding="utf-8")


def measure(model, explain, folder):
    """Build a model into a database of its own and print what that took."""
    with duckdb.connect(str(Path(folder) / f"{model}.duckdb"), config=settings.duckdb_config(folder)) as con:
        con.execute("set enable_progress_bar = false")
        con.execute(f"attach {literal(PATHS.warehouse)} as warehouse (read_only)")
        started = time.monotonic()
        sql = f"create table made as {statement(model)}"
        analysed = con.execute(f"explain (analyze, format json) {sql}" if explain else sql).fetchall()
        seconds = time.monotonic() - started
        used = resource.getrusage(resource.RUSAGE_SELF)
        (rows,) = con.execute("select count(*) from made").fetchone()
    taken, peak = used.ru_utime + used.ru_stime, used.ru_maxrss / 1024
    print(f"{model:36}{rows:>14,}{taken:>10.1f}{seconds:>10.1f}{peak:>10,.0f}", flush=True)
    if explain:
        slowest = sorted(operators(json.loads(analysed[0][1])), reverse=True)[:SHOWN_OPERATORS]
        for taken, name, cardinality in slowest:
            print(f"    {name:32}{cardinality:>14,}{taken:>10.1f}")


def operators(node):
    """List (seconds, name, rows) of a profile's operators."""
    own = (node.get("operator_timing", 0), node.get("operator_name", ""), node.get("operator_cardinality", 0))
    return [own, *(each for child in node["children"] for each in operators(child))]


def main():
    """Measure the models that are named, each in a process of its own."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("models", nargs="+")
    parser.add_argument("--explain", action="store_true", help="list the slowest operators, too")
    chosen = parser.parse_args()
    print(f"{'model':36}{'rows':>14}{'cpu s':>10}{'s':>10}{'MB':>10}")
    for model in chosen.models:
        with tempfile.TemporaryDirectory(dir=PATHS.build) as folder:
            one = multiprocessing.get_context("spawn").Process(
                target=measure, args=(model, chosen.explain, folder)
            )
            one.start()
            one.join()


if __name__ == "__main__":
    main()
