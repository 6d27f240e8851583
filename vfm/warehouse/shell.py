"""make sql: DuckDB's own shell on the published file, read-only; it reaches no other file and no network."""

import os
import sys
from contextlib import closing
from pathlib import Path

import duckdb
import duckdb_cli

from vfm.privacy.declarations import SCHEMAS
from vfm.warehouse import published

HELP = "Read-only. End a statement with ; -- .tables lists the tables, .help more, Ctrl-D leaves."
#: What each schema is about, for who sees it the first time.
ABOUT = {
    "benchmark": "weeks to a job, observed and expected, by municipality; peers, groups, the Cox models",
    "expenditure": "what programmes cost, what they would be expected to cost",
    "efficiency": "cost against result: regressions and frontiers",
    "report": "every printed table and figure, rebuilt, and compared with the print",
    "meta": "municipalities, terms and groupings in words; when and how this was built",
}
#: Three questions to begin with: what is asked, and one statement that answers it.
QUESTIONS = {
    "Who does better than the intake would suggest?": (
        "select municipality_name, benchmark_indicator, ci_low, ci_high from benchmark_indicators "
        "where position_fdr = 'above' order by rank;"
    ),
    "Does my municipality spend more than its participants would suggest?": (
        "select municipality_name, expenditure_indicator, ci_low, ci_high, position "
        "from expenditure_indicators where municipality_name = 'Odense';"
    ),
    "What does a column mean?": (
        "select column_name, comment from duckdb_columns() where table_name = 'benchmark_indicators';"
    ),
}


def opening(con: duckdb.DuckDBPyConnection, name: str) -> str:
    """Say which data the file holds, what is in it, and three questions to begin with.

    Parameters
    ----------
    con : duckdb connection
        To the published file.
    name : str
        What the file is called.

    Returns
    -------
    str
        Lines of text.
    """
    counts = tables_by_schema(con)
    lines = [f"{name}: {published.origin(con)}. {HELP}", "", "What there is (show tables; describe NAME;):"]
    lines += [
        f"  {schema:<12} {tables:>3} {'table ' if tables == 1 else 'tables'}  {ABOUT[schema]}"
        for schema, tables in counts.items()
    ]
    lines += ["", "Three questions (more in docs/cookbook.md):"]
    for question, statement in QUESTIONS.items():
        lines += [f"  -- {question}", f"  {statement}"]
    return "\n".join([*lines, ""])


def tables_by_schema(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """Count the tables of each published schema of a file, in the order in which they are shown."""
    counts = dict(
        con.execute(
            "select schema_name, count(*) from duckdb_tables() where not internal group by all"
        ).fetchall()
    )
    return {schema: counts[schema] for schema in SCHEMAS if schema in counts}


def main() -> int:
    """Say what the file holds and become the shell; return 1 where the file cannot be read."""
    results = published.results()
    try:
        with closing(published.connect(results)) as con:
            print(opening(con, results.name), file=sys.stderr, flush=True)
            schemas = ",".join(tables_by_schema(con))
    except published.UnreadableError as problem:
        print(problem, file=sys.stderr)
        return 1
    os.environ.setdefault("DUCKDB_HISTORY", "")  # none is kept (of /dev/null it would change the mode)
    # not by the package's own start, which sets an option that the safe mode has locked, and dies of Ctrl-C
    shell = Path(duckdb_cli.__file__).with_name("duckdb.exe" if os.name == "nt" else "duckdb")
    # tables are found without their schema, and `show tables` lists them all
    begin = ["-cmd", f"set search_path = '{schemas}'", "-cmd", ".maxrows 200"]
    os.execv(shell, ["duckdb", "-no-init", "-readonly", "-safe", *begin, str(results)])


if __name__ == "__main__":
    sys.exit(main())
