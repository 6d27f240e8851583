"""make bench-import: time the import of a 1 GB csv and a 1 GB Stata file of bfl, and measure its memory.

Beside it, each in a process of its own, runs the bare reading of the same columns without any cast: DuckDB's
copy of the csv to Parquet, pandas.read_stata in chunks. The files are made in a temporary folder and deleted.
"""

import argparse
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

COLUMNS = ["PNR", "AJO_JOB_START_DATO", "AJO_JOB_SLUT_DATO", "AJO_LOENTIMER"]
OTHERS = 14  # columns that the import drops: a row of bfl has 160 bytes
ROWS = """
    select
        'p' || lpad(cast(hash(range) % 2000000 as varchar), 11, '0') as PNR,
        18628 + hash(range, 1) % 2000 as start_day,
        cast(hash(range, 2) % 16000 as double) / 100 as hours
    from range({})
"""


def make(path, megabytes):
    """Write a file of about the size wanted."""
    import duckdb

    rows = ROWS.format(megabytes * 1_000_000 // 160)
    if path.suffix == ".csv":
        day = "strftime(date '1960-01-01' + cast(start_day{} as integer), '%d-%m-%Y')"
        others = ", ".join(f"round(hours * {n + 3.7}, 3) as x{n}" for n in range(OTHERS))
        duckdb.sql(
            f"copy (select PNR, {day.format('')} as AJO_JOB_START_DATO, "
            f"{day.format(' + 27')} as AJO_JOB_SLUT_DATO, "
            f"replace(cast(hours as varchar), '.', ',') as AJO_LOENTIMER, {others} from ({rows})) "
            f"to '{path}' (header, delimiter ';')"
        )
        return
    others = ", ".join(f"hours * {n + 3.7} as x{n}" for n in range(OTHERS))
    frame = duckdb.sql(
        "select PNR, cast(start_day as double) as AJO_JOB_START_DATO, "
        f"cast(start_day + 27 as double) as AJO_JOB_SLUT_DATO, hours as AJO_LOENTIMER, {others} from ({rows})"
    ).df()
    frame.to_stata(path, write_index=False, version=118)


def import_file(path):
    """The import."""
    import io

    from vfm.registers.importing import import_delivery

    import_delivery(path.parent, path.parent.parent / f"registers-{path.suffix[1:]}", io.StringIO())


def read_bare(path):
    """The same columns without casts."""
    import duckdb
    import pandas as pd

    if path.suffix == ".csv":
        target = path.parent.parent / "bare.parquet"
        duckdb.sql(
            f"copy (select {', '.join(COLUMNS)} from read_csv('{path}', delim = ';', all_varchar = true)) "
            f"to '{target}' (format parquet, compression zstd)"
        )
        return
    with pd.read_stata(path, columns=COLUMNS, chunksize=150_000) as reader:
        for _ in reader:
            pass


def run(megabytes, what, path):
    """Do one thing in a child process; return its seconds, processor seconds and peak memory in MB."""
    command = [sys.executable, __file__, "--megabytes", str(megabytes), "--child", what, str(path)]
    return map(float, subprocess.run(command, capture_output=True, text=True, check=True).stdout.split())


def main():
    """Measure in child processes; print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=1000)
    parser.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.child:
        started = time.monotonic()
        size = arguments.megabytes
        work = {"make": lambda path: make(path, size), "import": import_file, "bare": read_bare}
        work[arguments.child[0]](Path(arguments.child[1]))
        usage = resource.getrusage(resource.RUSAGE_SELF)
        print(time.monotonic() - started, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
        return
    print("| file | | s | processor s | MB/s | peak MB | ratio |")
    print("| --- | --- | ---: | ---: | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory(prefix="vfm-bench-") as folder:
        for suffix in ("csv", "dta"):
            path = Path(folder) / suffix / f"BFL201112.{suffix}"
            path.parent.mkdir()
            run(arguments.megabytes, "make", path)  # a child would inherit the peak
            size, seconds = path.stat().st_size / 1e6, {}
            for what in ("bare", "import"):
                seconds[what], processor, peak = run(arguments.megabytes, what, path)
                ratio = seconds[what] / seconds["bare"]
                print(
                    f"| {size:,.0f} MB {suffix} | {what} | {seconds[what]:.1f} | {processor:.1f} | "
                    f"{size / seconds[what]:.0f} | {peak:,.0f} | {ratio:.1f} |",
                    flush=True,
                )
            path.unlink()


if __name__ == "__main__":
    main()
