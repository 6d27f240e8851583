"""What persons outside the study cost: a national DREAM, read beside DREAM of the study alone.

python bench/national.py [--persons 1000000]

The study's DREAM of a finished build is copied under other ids until it holds so many persons. The copies
have no permit. Each line is a process of its own: a bare scan, the staging model, and the same
without its semi-join, which is everybody's weeks. Processor time, which is the same beside other work; the
registers are synthetic.
"""

import argparse
import multiprocessing
import resource
import tempfile
from pathlib import Path

import duckdb

from models import PATHS, statement
from vfm.warehouse import settings
from vfm.warehouse.sql_text import literal

MODEL = "stg_registers__dream_weeks"
RAW = '"warehouse"."raw"."dream"'


def pad(persons, folder):
    """Write Parquet parts of the study and its copies; returns the persons there, and those of the study."""
    with connection(folder) as con:
        (study,) = con.execute(f"select count(*) from {RAW}").fetchone()
        for copy in range(max(round(persons / study), 1)):
            other = f"'{copy}-' || pnr" if copy else "pnr"
            con.execute(
                f"copy (select * replace ({other} as pnr) from {RAW}) "
                f"to {literal(folder / f'dream_{copy}.parquet')} (format parquet)"
            )
        return con.execute(f"select count(pnr) from {literal(folder / '*.parquet')}").fetchone()[0], study


def connection(folder):
    """Connect to a database of its own with the finished warehouse beside it."""
    con = duckdb.connect(str(folder / "made.duckdb"), config=settings.duckdb_config(folder))
    con.execute("set enable_progress_bar = false")
    con.execute(f"attach {literal(PATHS.warehouse)} as warehouse (read_only)")
    return con


def measure(title, sql, folder):
    """Run a query and print the processor's seconds, megabytes and rows that it took."""
    with connection(folder) as con:
        con.execute(f"create or replace table made as {sql}")
        used = resource.getrusage(resource.RUSAGE_SELF)
        (rows,) = con.execute("select count(*) from made").fetchone()
    seconds = used.ru_utime + used.ru_stime
    print(f"{title:44}{seconds:>8.1f}{used.ru_maxrss / 1024:>8,.0f}{rows:>14,}", flush=True)


def main():
    """Print a line for each way to read."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--persons", type=int, default=1_000_000)
    wanted = parser.parse_args().persons
    with tempfile.TemporaryDirectory(dir=PATHS.build) as name:
        folder = Path(name)
        persons, study = pad(wanted, folder)
        files = f"read_parquet({literal(folder / '*.parquet')})"
        model = statement(MODEL)
        everybody = model.replace("inner join wanted", "left join wanted").replace(
            "on wanted.person_id =", "on delivered.pnr ="
        )
        print(f"{'':44}{'cpu s':>8}{'MB':>8}{'rows':>14}")
        for title, sql in {
            f"bare scan, {persons:,} persons": f"select count(columns(*)) from {files}",
            f"{MODEL}, the study's {study:,} alone": model,
            f"{MODEL}, {persons:,}": model.replace(RAW, files),
            f"the same without the semi-join, {persons:,}": everybody.replace(RAW, files),
        }.items():
            one = multiprocessing.get_context("spawn").Process(target=measure, args=(title, sql, folder))
            one.start()
            one.join()


if __name__ == "__main__":
    main()
