"""The profile of a delivery: its measures, which of them cannot be right, what changed since another.

The measures and their bands stand in models/sources.yml, their SQL in models/intermediate/deliveries; the
build makes the same tables. A profile holds counts and means, never a person.
"""

import math
import re
from graphlib import TopologicalSorter
from pathlib import Path

import duckdb

from vfm.warehouse import dbt_sql
from vfm.warehouse.sql_text import literal, path_literal

FOLDER = dbt_sql.PROJECT / "models" / "intermediate" / "deliveries"
CALENDAR = dbt_sql.PROJECT / "models" / "intermediate" / "population" / "int_calendar_weeks.sql"
REF = re.compile(r"ref\('(\w+)'\)")
KEPT = "int_delivery_profile"
TABLES = {
    CALENDAR.stem,
    KEPT,
    "int_delivery_persons",
    "int_life_courses",
}  # as in the warehouse; the others are views
COLUMNS = {
    "register": "varchar",
    "column_name": "varchar",
    "measure": "varchar",
    "period": "varchar",
    "counted": "double",
    "base_rows": "bigint",
}
SMALL = 100  # rows; a measure of fewer is not compared
SHARE_POINTS = 5  # percentage points by which a share must differ
MEAN_RATIO = 1.2


def make_profile(con: duckdb.DuckDBPyConnection) -> None:
    """Create the models of the profile in a database that holds the staging models and raw.acceptances."""
    models = {path.stem: path for path in [CALENDAR, *FOLDER.glob("*.sql")]}
    needs = {name: set(REF.findall(path.read_text("utf-8"))) & set(models) for name, path in models.items()}
    for name in TopologicalSorter(needs).static_order():
        kind = "table" if name in TABLES else "view"
        con.execute(f"create {kind} {dbt_sql.SCHEMAS['int']}.{name} as {dbt_sql.render(models[name])}")


def outside_bands(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str, int, str]]:
    """Return what the profile finds: (register, severity, rows, sentence)."""
    return con.execute(
        f"select register, severity, row_count, sentence from {dbt_sql.SCHEMAS['int']}.int_delivery_findings "
        "order by register, severity, finding"
    ).fetchall()


def idle_acceptances(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Return what accepted.csv accepts although the delivery has no such finding."""
    rows = con.execute(
        f"select finding from {dbt_sql.SCHEMAS['source']}.acceptances anti join "
        f"{dbt_sql.SCHEMAS['int']}.int_delivery_findings using (finding) order by finding"
    ).fetchall()
    return [finding for (finding,) in rows]


def save(con: duckdb.DuckDBPyConnection, path: Path) -> int:
    """Write the profile as a csv that only the owner can read; return its number of rows."""
    profile = con.sql(f"from {dbt_sql.SCHEMAS['int']}.{KEPT} order by all").df()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    path.touch(mode=0o600)
    profile.to_csv(path, index=False)
    return len(profile)


def attach(con: duckdb.DuckDBPyConnection, earlier: Path) -> None:
    """Read an earlier profile, a csv or a warehouse, as the table `earlier`.

    Raises
    ------
    ValueError
        If there is none; the message is a sentence for a person.
    """
    if not earlier.is_file():
        raise ValueError(
            f"AGAINST is {earlier}: there is no such file. Give the profile or the warehouse of a build."
        )
    try:
        if earlier.suffix == ".csv":
            types = ", ".join(f"'{name}': '{kind}'" for name, kind in COLUMNS.items())
            relation = f"read_csv({path_literal(earlier)}, header = true, columns = {{{types}}})"
        else:
            con.execute(f"attach {literal(earlier)} as earlier_warehouse (read_only)")
            relation = f"earlier_warehouse.{dbt_sql.SCHEMAS['int']}.{KEPT}"
        con.execute(f"create temp table earlier as select {', '.join(COLUMNS)} from {relation}")
    except duckdb.Error as problem:
        raise ValueError(
            f"AGAINST is {earlier}: it holds no profile of a delivery. Give the delivery_profile.csv of an "
            "earlier check, or the warehouse.duckdb of an earlier build."
        ) from problem


def changes(con: duckdb.DuckDBPyConnection) -> list[tuple[str, str, int, str]]:
    """Compare the profile with the table `earlier`.

    Returns
    -------
    list of tuple
        (register, severity, rows, sentence) of measures that moved, of months or weeks with other numbers of
        rows than before, and of measures that only one of the two has. A share moved if it differs by
        SHARE_POINTS and by three standard errors.
    """
    now = f"{dbt_sql.SCHEMAS['int']}.{KEPT}"
    return sorted(_moved(con, now) + _other_rows(con, now) + _gone_or_new(con, now))


def _moved(con, now):
    """Shares and means that moved, of periods that both have."""
    query = f"""
        select register, column_name, measure, period, bands.is_share,
               earlier.counted / earlier.base_rows, now.counted / now.base_rows,
               earlier.base_rows, now.base_rows
        from {now} as now
        join earlier using (register, column_name, measure, period)
        join {dbt_sql.SCHEMAS["int"]}.int_delivery_bands as bands using (register, measure)
        where now.base_rows >= {SMALL} and earlier.base_rows >= {SMALL}
        order by all
    """
    lines = []
    for register, column, measure, period, is_share, before, after, rows_before, rows in con.execute(
        query
    ).fetchall():
        if is_share:
            error = math.sqrt(before * (1 - before) / rows_before + after * (1 - after) / rows)
            far = 100 * abs(after - before) >= SHARE_POINTS and abs(after - before) > 3 * error
        else:
            far = _ratio(after, before) >= MEAN_RATIO
        if far:
            was, is_now = (f"{100 * v:.1f} %" if is_share else f"{v:.2f}" for v in (before, after))
            of = "" if period == "all" else f" of {period}"
            sentence = f"column {column}: {measure}{of} was {was} and is {is_now}."
            lines.append((register, "warning", rows, sentence))
    return lines


def _other_rows(con, now):
    """Months and weeks with other numbers of rows than before; one that a profile lacks had none."""
    query = f"""
        with rows as (
            select register, measure, period, coalesce(now.counted, 0) as after,
                   coalesce(earlier.counted, 0) as before
            from (from {now} where measure like 'rows_by_%') as now
            full join (from earlier where measure like 'rows_by_%') as earlier
            using (register, measure, period)
        )
        select register, measure, count(*), min(period), max(period), sum(before), sum(after)
        from rows
        where abs(after - before) > 3 * sqrt(greatest(before, after)) + 0.05 * before
        group by all
        order by all
    """
    lines = []
    for register, measure, periods, first, last, before, after in con.execute(query).fetchall():
        unit = measure.removeprefix("rows_by_") + ("s" if periods > 1 else "")
        sentence = (
            f"{periods} {unit} from {first} to {last} had {before:,.0f} rows together and have {after:,.0f}."
        )
        lines.append((register, "warning", periods, sentence))
    return lines


def _gone_or_new(con, now):
    """Years, municipalities and the like that only one of the two has, with enough rows to be judged."""
    query = f"""
        select register, column_name, measure, earlier.period is null as is_new, count(*),
               min(coalesce(now.period, earlier.period)), sum(coalesce(now.base_rows, earlier.base_rows))
        from {now} as now
        full join earlier using (register, column_name, measure, period)
        where
            (earlier.period is null or now.period is null)
            and coalesce(now.base_rows, earlier.base_rows) >= {SMALL}
        group by all
        order by all
    """
    lines = []
    for register, column, measure, is_new, periods, first, rows in con.execute(query).fetchall():
        more = f" and {periods - 1} more" if periods > 1 else ""
        of = "" if first == "all" else f" of {first}{more}"
        had = "had no measure before" if is_new else "had a measure before and has none"
        lines.append((register, "warning", rows, f"column {column}: {measure}{of} {had}."))
    return lines


def _ratio(one, other):
    """How many times the smaller of two numbers the larger is."""
    low, high = sorted((abs(one), abs(other)))
    return float("inf") if low == 0 < high else high / low if low else 1.0
