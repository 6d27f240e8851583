"""What the check says beyond the registers: classifications, prices, accounts and variables of the method."""

import re
from collections.abc import Iterator
from pathlib import Path

import duckdb

from vfm.warehouse import dbt_sql, machine, provenance, seed_files, settings, variables
from vfm.warehouse.paths import PROJECT, accounts_folder
from vfm.warehouse.sql_text import path_literal

RULES = PROJECT / "tests" / "statbank"
STAGING = PROJECT / "models" / "staging" / "statbank"
ADDS_UP = PROJECT / "tests" / "regk100_adds_up_to_regk31.sql"


def seed_query(name: str, accounts: Path | None = None) -> str:
    """Return SQL that reads a seed from its CSV, with the types of its yml.

    Parameters
    ----------
    name : str
    accounts : Path, optional
        Folder of Statbank's tables, where it is not the one of the build.
    """
    (seed,) = (each for each in seed_files.seeds() if each.name == name)
    is_elsewhere = accounts and seed.path.parent == accounts_folder()
    path = accounts / seed.path.name if is_elsewhere else seed.path
    types = ", ".join(f"'{column}': '{described.kind}'" for column, described in seed.columns.items())
    options = f"header = true, delim = '{seed.separator}', columns = {{{types}}}"
    return f"from read_csv({path_literal(path)}, {options})"


def found_beside(con: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, str, int, str]]:
    """What a build would refuse, or warn of.

    Parameters
    ----------
    con : duckdb connection
        With schemas classifications and staging.

    Yields
    ------
    table, level, count, sentence
    """
    values = dbt_sql.variables()
    said = [*variables.refusals(values), *seed_files.problems(values)]
    try:
        settings.accounts()
        provenance.accounts_origin(accounts_folder())
    except (machine.BuildError, ValueError) as problem:
        said.append(str(problem))
    for sentence in dict.fromkeys(said):
        yield "", "error", 1, sentence
    if not said:
        yield from _rules(con)


def _rules(con):
    """The rules of tests/statbank on the tables that lie there."""
    text = "".join(dbt_sql.render(path) for path in RULES.glob("*.sql"))
    for seed in seed_files.seeds():
        if re.search(rf"\bclassifications\.{seed.name}\b", text):
            con.execute(f"create or replace table classifications.{seed.name} as {seed_query(seed.name)}")
    is_right = True
    for path in sorted(RULES.glob("*.sql")):
        rows = con.execute(dbt_sql.render(path)).fetchall()
        for level, _, _, count, sentence in rows:
            is_right &= level != "error"
            yield path.stem, level, count, sentence
        if not rows:
            yield path.stem, "ok", 0, "broken rules."
    if is_right:
        yield from _sums(con)


def _sums(con):
    """Whether the two accounts are of one kind: the groupings of one add up to the functions of the other."""
    for model in sorted(STAGING.glob("*.sql")):
        con.execute(f"create or replace view {dbt_sql.table_of(model.stem)} as {dbt_sql.render(model)}")
    rows = con.execute(dbt_sql.render(ADDS_UP)).fetchall()
    if rows:
        municipality, year, *_ = rows[0]
        sentence = (
            f"sums over the groupings are not what regk31 holds, the first of municipality {municipality} in "
            f"{year}: export both tables anew, in one unit. See docs/bad_input.md#accounts-add-up."
        )
        yield "regk100", "error", len(rows), sentence
