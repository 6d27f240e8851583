"""Both engines build the same tables of the same registers: make test-spark (extra spark and Java)."""

import io
import json
import re

import duckdb
import pytest
from engines import columns, differing_rows

from vfm import build
from vfm.engines import spark
from vfm.warehouse.paths import PROJECT, Paths

# the choice of a build, with the tests of what it builds
MODELS = spark.CHOICE[: spark.CHOICE.index("--exclude-resource-type")]
WITH_TESTS = (*MODELS, "--indirect-selection", "cautious")
NOT_ON_SPARK = "tag:duckdb_only"
TABLES = ("table", "seed")


def read(path):
    """Return what a JSON file holds."""
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def builds(tmp_path_factory):
    """Both engines' paths of a whole build, and a connection to both warehouses and published files."""
    paths = {}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(spark, "CHOICE", (*WITH_TESTS, "--exclude", NOT_ON_SPARK))
        patch.setenv("SPARK_DRIVER_MEMORY", "4g")  # the plans of the rules of tests/registers
        for engine in ("duckdb", "spark"):
            folder = tmp_path_factory.mktemp(engine)
            patch.setenv("VFM_BUILD", str(folder))
            paths[engine] = Paths(project=PROJECT, build=folder, results=folder / "vfm.duckdb")
            build.build(paths[engine], io.StringIO(), engine)
    with duckdb.connect() as con:
        for engine, made in paths.items():
            con.execute(f"attach '{made.warehouse}' as on_{engine} (read_only)")
            con.execute(f"attach '{made.results}' as from_{engine} (read_only)")
        yield paths, con


@pytest.fixture(scope="module")
def tables(builds):
    """The tables that Spark has built, as {schema.table: SQL of its files}."""
    folders = (builds[0]["spark"].build / "spark").glob("*.db/*")
    return {f"{path.parent.stem}.{path.name}": f"read_parquet('{path}/*.parquet')" for path in folders}


def test_every_table_is_the_same_on_both_engines(builds, tables):
    _, con = builds
    results = read(spark.Folders(builds[0]["spark"]).target / "run_results.json")["results"]
    manifest = read(spark.Folders(builds[0]["spark"]).target / "manifest.json")["nodes"]
    nodes = [manifest[result["unique_id"]] for result in results if result["unique_id"] in manifest]
    nodes = [node for node in nodes if node["resource_type"] in ("model", "seed")]
    kept = {f"{node['schema']}.{node['alias']}" for node in nodes if node["config"]["materialized"] in TABLES}
    assert kept == set(tables) >= {"intermediate.int_cox_input"}
    found = {name: differing_rows(con, f"on_duckdb.{name}", theirs) for name, theirs in tables.items()}
    assert not {name: rows for name, rows in found.items() if rows}


def missing_rows(con, one, other):
    """Count the rows of a relation that another lacks."""
    return con.execute(f"select count(*) from (from {one} except all from {other})").fetchone()[0]


def test_duckdb_takes_the_tables_that_spark_has_built(builds, tables):
    """With the types of the models, and without a row computed anew."""
    _, con = builds
    for name, theirs in tables.items():
        ours = f"on_spark.{name}"
        assert columns(con, ours) == columns(con, f"on_duckdb.{name}")
        assert (missing_rows(con, ours, theirs), missing_rows(con, theirs, ours)) == (0, 0), name


def test_both_publish_the_same(builds):
    """Every table with its comments, but for the time of the build and the hash of its file."""
    _, con = builds
    described = {}
    for engine in ("duckdb", "spark"):
        described[engine] = con.execute(
            "select schema_name, table_name, column_name, data_type, comment from duckdb_columns() "
            f"where database_name = 'from_{engine}' order by all"
        ).fetchall()
    assert described["duckdb"] == described["spark"]
    names = {f"{schema}.{table}" for schema, table, *_ in described["spark"]} - {"meta.build_info"}
    assert len(names) > 50
    differing = {name: differing_rows(con, f"from_duckdb.{name}", f"from_spark.{name}") for name in names}
    assert not {name: rows for name, rows in differing.items() if rows}


def test_every_test_of_these_models_passes_on_spark_but_for_those_listed(builds):
    """The list is in docs/engines.md."""
    target = spark.Folders(builds[0]["spark"]).target
    manifest = read(target / "manifest.json")
    ended = read(target / "run_results.json")["results"]
    results = {result["unique_id"]: result["status"] for result in ended}
    made = {name for name, status in results.items() if status == "success"}
    tests = {
        name: node["name"]
        for name, node in (manifest["nodes"] | manifest["unit_tests"]).items()
        if node["resource_type"] in ("test", "unit_test")
        and {parent for parent in manifest["parent_map"][name] if parent in manifest["nodes"]} <= made
    }
    assert {status for name, status in results.items() if name in tests} == {"pass"}
    page = (PROJECT / "docs/engines.md").read_text(encoding="utf-8")
    listed = re.findall(r"(?m)^\| `(\w+)` \(unit test", page)
    assert sorted(tests[name] for name in tests.keys() - results.keys()) == sorted(listed)
    assert len(tests) > 300


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


@pytest.mark.parametrize(
    ("factor", "rows"), [(1 + 1e-10, 0), (1 + 1e-8, 1), (float("inf"), 1), (float("nan"), 1)]
)
def test_floating_numbers_may_differ_by_their_rounding(factor, rows):
    con = duckdb.connect()
    con.execute("create table one as select 'a' as person, 37.0e0 as hours")
    con.execute(f"create table other as select person, hours * '{factor!r}'::double as hours from one")
    assert differing_rows(con, "one", "other") == rows
    assert differing_rows(con, "other", "other") == 0
