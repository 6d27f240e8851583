"""Nothing is published but a whole build's aggregates, and never half of it."""

import hashlib
import json
import os
import stat

import duckdb
import pytest

from vfm.warehouse import publish


def node(schema, table, resource_type="model", meta=None, columns=()):
    declared = {"rests_on": "persons", "precision": "exact"}
    return {
        "resource_type": resource_type,
        "schema": schema,
        "alias": table,
        "config": {"materialized": "table", "meta": meta or {}},
        "columns": {name: {"config": {"meta": dict(declared)}} for name in columns},
    }


PUBLISHED = {"publish": True}
#: Letters and digits, eight digits, hexadecimal, padded with zeros, a CPR number, and one that is a code, too
IDS = ["Q0000004CF8F", "24681357", "0badc0ffee11", "000007654321", "2506121234", "A123", "101"]


@pytest.fixture
def build(tmp_path):
    """A passed build of four models, one of persons' rows, with a test and a seed."""
    warehouse = tmp_path / "build/warehouse.duckdb"
    warehouse.parent.mkdir()
    with duckdb.connect(str(warehouse)) as con:
        for schema in ("benchmark", "persons", "report", "published"):
            con.execute(f"create schema {schema}")
        con.execute("create view persons.spells as select 1 as spell_id, 2 as person_id")
        con.execute("create table benchmark.left_over as select 1 as person_id")
        con.execute("create table benchmark.benchmark_indicators (k integer primary key, x double)")
        con.execute("insert into benchmark.benchmark_indicators values (1, 0.1), (2, null), (3, 0.3)")
        con.execute("comment on table benchmark.benchmark_indicators is 'It''s one row per municipality'")
        con.execute("comment on column benchmark.benchmark_indicators.x is 'ratio'")
        con.execute("create view report.table_3_1 as select k from benchmark.benchmark_indicators order by k")
        con.execute("create table published.table_3_1 as select 1 as k")
        con.execute("create schema staging")
        con.execute(
            "create table staging.stg_registers__population (person_id text, family_id text, partner_id text)"
        )
        con.executemany(
            "insert into staging.stg_registers__population values (?, ?, null)", [[id, id] for id in IDS]
        )
        con.execute("create schema intermediate")
        con.execute("create table intermediate.int_spells as select 'p4711abcd-1' as spell_id")
    nodes = {
        "model.v.spells": node("persons", "spells"),
        "model.v.benchmark_indicators": node(
            "benchmark", "benchmark_indicators", meta=PUBLISHED, columns="kx"
        ),
        "model.v.table_3_1": node("report", "table_3_1", meta=PUBLISHED, columns="k"),
        "model.v.stg": node("staging", "stg"),
        "seed.v.published": node("published", "table_3_1", "seed"),
        "test.v.a_test": node("tests", "a_test", "test"),
    }
    metadata = {"metadata": {"invocation_id": "one"}}
    passed = [{"unique_id": key, "status": "pass" if key.startswith("test") else "success"} for key in nodes]
    target = tmp_path / "build/target"
    target.mkdir()
    (target / "manifest.json").write_text(json.dumps(metadata | {"nodes": nodes}))
    (target / "run_results.json").write_text(json.dumps(metadata | {"results": passed}))
    return {"warehouse": warehouse, "results": tmp_path / "out/vfm.duckdb", "target": target}


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def edit(build, name, change):
    path = build["target"] / name
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def edit_node(build, name, change):
    edit(build, "manifest.json", lambda document: change(document["nodes"][f"model.v.{name}"]))


def in_warehouse(build, statement):
    with duckdb.connect(str(build["warehouse"])) as con:
        con.execute(statement)


def refuses(build, match):
    """The old file stays as it was, byte for byte, and nothing half-written lies beside it."""
    before = {path.name: digest(path) for path in build["results"].parent.glob("*")}
    with pytest.raises(publish.NotPublishedError, match=match):
        publish.publish(**build)
    assert {path.name: digest(path) for path in build["results"].parent.glob("*")} == before


def test_it_publishes_the_aggregates_with_their_comments_and_nothing_else(build):
    rows = publish.publish(**build)
    assert rows == {("benchmark", "benchmark_indicators"): 3, ("report", "table_3_1"): 3}
    with duckdb.connect(str(build["results"]), read_only=True) as con:
        names = con.execute("select schema_name, table_name from duckdb_tables() order by all").fetchall()
        assert names == [("benchmark", "benchmark_indicators"), ("report", "table_3_1")]
        values = con.execute("select k, x from benchmark.benchmark_indicators order by k").fetchall()
        assert values == [(1, 0.1), (2, None), (3, 0.3)]
        comments = con.execute("select comment from duckdb_tables() order by table_name").fetchall()
        assert comments == [("It's one row per municipality",), (None,)]
        comments = con.execute("select comment from duckdb_columns() where column_name = 'x'").fetchall()
        assert comments == [("ratio",)]


def test_analysts_may_read_it_and_nothing_else_lies_beside_it(build):
    old = os.umask(0o077)
    try:
        publish.publish(**build)
    finally:
        os.umask(old)
    assert stat.S_IMODE(build["results"].stat().st_mode) == 0o644
    assert [path.name for path in build["results"].parent.iterdir()] == ["vfm.duckdb"]


def test_a_reader_keeps_what_it_has_open(build):
    publish.publish(**build)
    reader = duckdb.connect(str(build["results"]), read_only=True)
    try:
        before = build["results"].stat().st_ino
        in_warehouse(build, "delete from benchmark.benchmark_indicators where k = 3")
        publish.publish(**build)
        assert build["results"].stat().st_ino != before
        assert reader.execute("select count(*) from benchmark.benchmark_indicators").fetchall() == [(3,)]
    finally:
        reader.close()
    with duckdb.connect(str(build["results"]), read_only=True) as con:
        assert con.execute("select count(*) from benchmark.benchmark_indicators").fetchall() == [(2,)]


@pytest.mark.parametrize("column", ["person_id", "SPELL_ID", "Pnr", "e_faelle_id"])
@pytest.mark.parametrize("published_before", [False, True])
def test_a_person_column_stops_it(build, column, published_before):
    if published_before:
        publish.publish(**build)
    in_warehouse(build, f"alter table benchmark.benchmark_indicators add column {column} integer")
    refuses(build, f"benchmark.benchmark_indicators holds {column}")


@pytest.mark.parametrize(
    ("model", "match"),
    [
        ({}, "Model benchmark.benchmark_indicators does not say whether it is published"),
        ({"publish": "yes"}, "does not say whether it is published"),
    ],
)
def test_a_model_of_a_published_schema_must_say_whether_it_is_published(build, model, match):
    publish.publish(**build)
    edit_node(build, "benchmark_indicators", lambda node: node["config"].update(meta=model))
    refuses(build, match)


def test_a_model_that_says_no_stays_behind_and_one_of_another_schema_needs_nothing(build):
    edit_node(build, "benchmark_indicators", lambda node: node["config"].update(meta={"publish": False}))
    assert set(publish.publish(**build)) == {("report", "table_3_1")}
    edit_node(build, "stg", lambda node: node["config"].update(meta=PUBLISHED))
    refuses(build, "Model staging.stg says publish: true, but its schema is not one of")


@pytest.mark.parametrize(
    ("column", "match"),
    [
        ({}, "Column x of benchmark.benchmark_indicators does not say what it rests on"),
        (
            {"rests_on": "people", "precision": "exact"},
            "does not say what it rests on: rests_on is one of persons",
        ),
        ({"rests_on": "persons"}, "does not say with what precision"),
        ({"rests_on": "persons", "precision": "two decimals"}, "'two decimals' is no precision: use exact"),
        (
            {"rests_on": "persons", "precision": "exact", "withheld_reason": "why"},
            "names why as the column of its reasons, which is not there",
        ),
    ],
)
def test_a_column_without_its_declaration_stops_it(build, column, match):
    publish.publish(**build)
    change = {"config": {"meta": column}}
    edit_node(build, "benchmark_indicators", lambda node: node["columns"].update(x=change))
    refuses(build, match)


def test_everything_that_is_not_declared_is_told_at_once(build):
    edit_node(build, "benchmark_indicators", lambda node: node["columns"].update(k={}, x={}))
    edit_node(build, "table_3_1", lambda node: node["config"].update(meta={}))
    with pytest.raises(publish.NotPublishedError) as refused:
        publish.publish(**build)
    assert len(refused.value.args) == 3
    assert all(sentence.endswith(".") for sentence in refused.value.args)


def inherit(build, parents):
    """Say that a column's values are inherited, and what its model reads; report.between is not published."""

    def change(document):
        nodes = document["nodes"]
        nodes["model.v.benchmark_indicators"]["columns"]["x"]["config"]["meta"]["precision"] = "inherited"
        nodes["model.v.benchmark_indicators"]["depends_on"] = {"nodes": parents}
        nodes["model.v.between"] = node("report", "between", meta={"publish": False}) | {
            "depends_on": {"nodes": ["model.v.table_3_1", "model.v.spells", "model.v.between"]}
        }

    edit(build, "manifest.json", change)
    edit(
        build,
        "run_results.json",
        lambda document: document["results"].append({"unique_id": "model.v.between", "status": "success"}),
    )


@pytest.mark.parametrize(
    ("parents", "match"),
    [
        (["model.v.stg"], "x of benchmark.benchmark_indicators says .* inherited, but the model reads stg,"),
        (["source.v.registers.bef", "model.v.table_3_1"], "reads registers.bef, which is not published"),
        (["seed.v.published"], "inherited, but the model reads no published table"),
        (["model.v.between"], "inherited, but the model reads spells,"),
    ],
)
def test_an_inherited_column_of_what_is_not_released_stops_it(build, parents, match):
    publish.publish(**build)
    inherit(build, parents)
    refuses(build, match)


def test_an_inherited_column_of_a_published_table_and_a_seed_is_published(build):
    inherit(build, ["model.v.table_3_1", "seed.v.published"])
    assert ("benchmark", "benchmark_indicators") in publish.publish(**build)


def test_a_column_that_the_yml_does_not_have_stops_it(build):
    publish.publish(**build)
    in_warehouse(build, "alter table benchmark.benchmark_indicators add column more integer")
    refuses(build, "Table benchmark.benchmark_indicators holds more, which its yml does not declare")


LEAKS = {
    "as it is": "'Q0000004CF8F'",
    "in lower case": "'q0000004cf8f'",
    "in a sentence": "'the person is Q0000004CF8F, or so'",
    "in a name": "'row-Q0000004CF8F'",
    "eight digits": "'24681357'",
    "a whole number": "24681357",
    "a number with a point": "'24681357.0'",
    "without its zeros": "7654321",
    "with more zeros": "'0000024681357'",
    "hexadecimal": "'0badc0ffee11'",
    "with a hyphen": "'250612-1234'",
    "short": "'A123'",
    "of a spell": "'p4711abcd-1'",
    "in a list": "['x', '24681357']",
}


@pytest.mark.parametrize("leak", LEAKS.values(), ids=LEAKS)
def test_an_id_in_any_column_stops_it_and_the_message_does_not_show_it(build, leak):
    publish.publish(**build)
    before = digest(build["results"])
    in_warehouse(build, f"create or replace view report.table_3_1 as select {leak} as k")
    with pytest.raises(publish.NotPublishedError) as refused:
        publish.publish(**build)
    assert refused.value.args == (
        "Column k of report.table_3_1 holds 1 id of persons, which are never published.",
    )
    with pytest.raises(publish.NotPublishedError, match=r"Column k of report.table_3_1 holds 1 id"):
        publish.publish_table(**build, schema="report", table="table_3_1")
    assert digest(build["results"]) == before
    assert [path.name for path in build["results"].parent.iterdir()] == ["vfm.duckdb"]


def test_an_id_in_a_comment_stops_it(build):
    in_warehouse(build, "comment on table benchmark.benchmark_indicators is 'such as Q0000004CF8F'")
    refuses(build, "Column comment of the published file holds 1 id")


@pytest.mark.parametrize(
    "value", ["'101'", "101", "1.24681357::double", "'0.24681357'", "'Q0000004CF8'", "null"]
)
def test_codes_and_decimals_are_no_ids(build, value):
    """101 is a person's id here, and a municipality: nobody could tell."""
    in_warehouse(build, f"create or replace view report.table_3_1 as select {value} as k")
    assert publish.publish(**build)


def test_a_number_with_more_digits_than_declared_stops_it(build):
    def declare(document):
        for column in document["nodes"]["model.v.table_3_1"]["columns"].values():
            column["config"]["meta"]["precision"] = "2 decimals"

    edit(build, "manifest.json", declare)
    in_warehouse(build, "create or replace view report.table_3_1 as select 1.25 as k")
    assert publish.publish(**build)
    in_warehouse(build, "create or replace view report.table_3_1 as select 1.251 as k")
    refuses(build, "Column k of report.table_3_1 holds numbers with more digits than its yml declares")


@pytest.mark.parametrize("status", ["error", "fail", "skipped", "runtime error"])
def test_a_build_that_did_not_pass_is_not_published(build, status):
    publish.publish(**build)
    edit(build, "run_results.json", lambda document: document["results"][-1].update(status=status))
    refuses(build, "1 steps of the build failed, the first is test.v.a_test")


def test_a_warning_does_not_stop_it(build):
    edit(build, "run_results.json", lambda document: document["results"][-1].update(status="warn"))
    assert publish.publish(**build)


@pytest.mark.parametrize("left_out", range(6))
def test_a_run_of_a_part_is_not_published(build, left_out):
    publish.publish(**build)
    edit(build, "run_results.json", lambda document: document["results"].pop(left_out))
    refuses(build, "only a whole build is published")


def test_results_of_another_run_are_not_published(build):
    edit(build, "run_results.json", lambda document: document["metadata"].update(invocation_id="two"))
    refuses(build, "two different dbt runs")


def test_a_table_that_is_not_there_stops_it(build):
    publish.publish(**build)
    in_warehouse(build, "drop view report.table_3_1")
    refuses(build, "no table report.table_3_1")


def test_a_crash_while_copying_leaves_the_old_file_and_no_other(build, monkeypatch):
    publish.publish(**build)
    before = digest(build["results"])

    def full_disk(*_):
        raise OSError("No space left on device")

    monkeypatch.setattr(publish.os, "fsync", full_disk)
    with pytest.raises(publish.NotPublishedError, match="No room is left to write to the results folder"):
        publish.publish(**build)
    assert digest(build["results"]) == before
    assert [path.name for path in build["results"].parent.iterdir()] == ["vfm.duckdb"]


def test_it_clears_away_what_a_killed_publication_left_and_no_living_one(build):
    publish.publish(**build)
    dead = build["results"].with_name("vfm.duckdb.999999999.new")
    living = build["results"].with_name(f"vfm.duckdb.{os.getppid()}.new.wal")
    dead.touch()
    living.touch()
    publish.publish(**build)
    assert not dead.exists()
    assert living.exists()


def test_where_the_results_are_a_link_the_file_it_leads_to_is_replaced(build, tmp_path):
    link = build["results"]
    link.parent.mkdir()
    (tmp_path / "shared").mkdir()
    link.symlink_to(tmp_path / "shared/results.duckdb")
    for _ in range(2):
        publish.publish(**build)
        assert link.is_symlink()
        assert [path.name for path in (tmp_path / "shared").iterdir()] == ["results.duckdb"]
        assert [path.name for path in link.parent.iterdir()] == ["vfm.duckdb"]
    with duckdb.connect(str(link), read_only=True) as con:
        assert con.execute("select count(*) from benchmark.benchmark_indicators").fetchall() == [(3,)]


def test_a_published_view_reads_no_file_but_the_warehouse(build, tmp_path):
    (tmp_path / "persons.csv").write_text("k\n1\n")
    in_warehouse(
        build,
        f"create or replace view report.table_3_1 as select k from read_csv('{tmp_path}/persons.csv')",
    )
    build["results"].parent.mkdir()
    before = list(build["results"].parent.iterdir())
    with pytest.raises(duckdb.PermissionException, match="disabled by configuration"):
        publish.publish(**build)
    assert list(build["results"].parent.iterdir()) == before


def test_one_table_is_published_anew_beside_the_others(build):
    publish.publish(**build)
    build["results"].chmod(0o640)
    in_warehouse(build, "delete from benchmark.benchmark_indicators where k = 3")
    in_warehouse(build, "create or replace view report.table_3_1 as select 7 as k")
    reader = duckdb.connect(str(build["results"]), read_only=True)
    try:
        assert publish.publish_table(**build, schema="report", table="table_3_1") == 1
        assert reader.execute("select count(*) from report.table_3_1").fetchall() == [(3,)]
    finally:
        reader.close()
    with duckdb.connect(str(build["results"]), read_only=True) as con:
        assert con.execute("select k from report.table_3_1").fetchall() == [(7,)]
        assert con.execute("select count(*) from benchmark.benchmark_indicators").fetchall() == [(3,)]
        comments = con.execute("select comment from duckdb_columns() where column_name = 'x'").fetchall()
        assert comments == [("ratio",)]
    assert stat.S_IMODE(build["results"].stat().st_mode) == 0o640
    assert [path.name for path in build["results"].parent.iterdir()] == ["vfm.duckdb"]


@pytest.mark.parametrize(
    ("change", "match"),
    [
        ("drop view report.table_3_1", "no table report.table_3_1"),
        ("create or replace view report.table_3_1 as select 1 as person_id", "holds person_id"),
    ],
)
def test_one_table_that_may_not_be_published_leaves_the_file_as_it_was(build, change, match):
    publish.publish(**build)
    before = digest(build["results"])
    in_warehouse(build, change)
    with pytest.raises(publish.NotPublishedError, match=match):
        publish.publish_table(**build, schema="report", table="table_3_1")
    assert digest(build["results"]) == before
    assert [path.name for path in build["results"].parent.iterdir()] == ["vfm.duckdb"]
