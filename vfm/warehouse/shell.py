"""make sql: DuckDB's own shell on the published file, read-only; it reaches no other file and no network."""

import os
import sys
from contextlib import closing
from pathlib import Path

import duckdb_cli

from vfm.warehouse import published

HELP = "Read-only. End a statement with ; -- .tables lists the tables, .help more, Ctrl-D leaves."


def main() -> int:
    """Say which data the file holds and become the shell; return 1 where the file cannot be read."""
    results = published.results()
    try:
        with closing(published.connect(results)) as con:
            print(f"{results.name}: {published.origin(con)}. {HELP}", file=sys.stderr, flush=True)
    except published.UnreadableError as problem:
        print(problem, file=sys.stderr)
        return 1
    os.environ.setdefault("DUCKDB_HISTORY", "")  # none is kept (of /dev/null it would change the mode)
    # not by the package's own start, which sets an option that the safe mode has locked, and dies of Ctrl-C
    shell = Path(duckdb_cli.__file__).with_name("duckdb.exe" if os.name == "nt" else "duckdb")
    os.execv(shell, ["duckdb", "-no-init", "-readonly", "-safe", str(results)])


if __name__ == "__main__":
    sys.exit(main())
