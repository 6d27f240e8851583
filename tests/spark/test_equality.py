"""Both engines build the same tables of the same registers: make test-spark (extra spark and Java)."""

import io
import json

import duckdb
import pytest
from engines import columns, differing_rows

from vfm import build, spark
from vfm.provenance import PROJECT


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Both engines' tables: a connection to DuckDB's, the folder of Spark's, and their names."""
    root = tmp_path_factory.mktemp("engines")
    root.chmod(0o700)
    paths = build.Paths(project=PROJECT, build=root, results=root / "vfm.duckdb")
    own = {"VFM_BUILD": str(root)}
    folder = spark.build(paths, io.StringIO(), build.run_dbt)["VFM_SPARK_TABLES"]
    build.run_dbt(paths, io.StringIO(), spark.CHOICE[2:], own)
    nodes = json.loads((paths.target / "manifest.json").read_text(encoding="utf-8"))["nodes"]
    results = json.loads((paths.target / "run_results.json").read_text(encoding="utf-8"))["results"]
    names = [
        (nodes[result["unique_id"]]["schema"], nodes[result["unique_id"]]["alias"])
        for result in results
        if result["unique_id"] in nodes and nodes[result["unique_id"]]["config"]["materialized"] != "view"
    ]
    with duckdb.connect(str(paths.warehouse), read_only=True) as con:
        yield con, folder, names


def test_every_table_is_the_same_on_both_engines(built):
    con, folder, names = built
    assert ("intermediate", "cox_input") in names
    found = {}
    for schema, name in names:
        theirs = f"read_parquet('{folder}/{schema}.db/{name}/*.parquet')"
        found[f"{schema}.{name}"] = differing_rows(con, f'"{schema}"."{name}"', theirs)
    assert not {name: rows for name, rows in found.items() if rows}


@pytest.mark.parametrize(
    ("change", "rows"),
    [
        ("week", 0),
        ("week + 1", 2),
        ("case when person = 'a' then week else null end", 1),
    ],
)
def test_a_difference_is_counted(change, rows):
    con = duckdb.connect()
    con.execute(
        "create table one as select * from (values ('a', 1, 0.1e0), ('b', 2, null)) as t(person, week, hours)"
    )
    con.execute(f"create table other as select person, {change} as week, hours from one")
    assert columns(con, "one") == {"person": "VARCHAR", "week": "INTEGER", "hours": "DOUBLE"}
    assert differing_rows(con, "one", "other") == rows


@pytest.mark.parametrize(("factor", "rows"), [(1 + 1e-10, 0), (1 + 1e-8, 1)])
def test_floating_numbers_may_differ_by_their_rounding(factor, rows):
    con = duckdb.connect()
    con.execute("create table one as select 'a' as person, 37.0e0 as hours")
    con.execute(f"create table other as select person, hours * {factor!r}::double as hours from one")
    assert differing_rows(con, "one", "other") == rows
