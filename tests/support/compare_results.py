"""Say whether two published files hold the same numbers, to the last digit.

From the root: ``python tests/support/compare_results.py old.duckdb new.duckdb``. Columns and tables that only
the new file has are listed and allowed; meta.build_info, which tells the builds apart, is left out. Samples
that leave out the outlier were called without_<code> up to version 0.1 and count as equal. Exit status 1 if
anything else differs.
"""

import sys

import duckdb

LEFT_OUT = {"meta.build_info"}
NAMED = {"sample", "row_label", "cell", "largest_difference_cell"}  # columns that name a sample
COLUMNS = """
    select schema_name || '.' || table_name, list(column_name order by column_index)
    from duckdb_columns() where database_name = ? and not internal group by all
"""


def compared(con, table, columns):
    """Rows of the old table that the new one lacks, over the old one's columns."""
    listed = ", ".join(
        f"""regexp_replace("{name}"::varchar, '^without_1..(,|$)', 'without_outlier\\1') as "{name}" """
        if name in NAMED
        else f'"{name}"'
        for name in columns
    )
    old, new = (f"select {listed} from {side}.{table}" for side in ("old", "new"))
    (lost,) = con.execute(f"select count(*) from (({old}) except all ({new}))").fetchone()
    (rows,), (now,) = (
        con.execute(f"select count(*) from {side}.{table}").fetchone() for side in ("old", "new")
    )
    return lost, rows, now


def main(old, new):
    """Compare and print; the exit status."""
    con = duckdb.connect()
    con.execute(f"attach '{old}' as old (read_only)")
    con.execute(f"attach '{new}' as new (read_only)")
    before, after = (dict(con.execute(COLUMNS, [side]).fetchall()) for side in ("old", "new"))
    bad = 0
    for table, columns in sorted(before.items()):
        if table in LEFT_OUT:
            continue
        missing = [name for name in columns if name not in after.get(table, [])]
        if missing:
            print(f"{table}: gone: {', '.join(missing) if table in after else 'the table'}")
            bad += 1
            continue
        lost, rows, now = compared(con, table, columns)
        if lost or rows != now:
            print(f"{table}: {lost} of {rows} rows differ, {now} rows now")
            bad += 1
        added = [name for name in after[table] if name not in columns]
        if added:
            print(f"{table}: added {', '.join(added)}")
    for table in sorted(after.keys() - before.keys()):
        print(f"{table}: new")
    print(f"{len(before)} tables before, {len(after)} after, {bad} with a difference")
    return bool(bad)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
