"""Spark reads a delivery as DuckDB does: the same values from odd forms, the same sentences about bad rows.

Models and rules run on Spark in this process, on a project of the real staging models, rules and
classifications; vfm.registers.check runs the same SQL on DuckDB.
"""

import os
import shutil

import duckdb
import pytest
import tiny_registers
from bad_deliveries import ROUNDS, STAGING_PROJECT, expect, said, without_tests
from borrowed_project import borrow
from dbt.cli.main import dbtRunner

from vfm.engines import spark, spark_session
from vfm.registers import check
from vfm.warehouse import dbt_sql
from vfm.warehouse.failures import one_sentence
from vfm.warehouse.paths import Paths

FOLDERS = ["--target-path", "inside/target", "--log-path", "inside/logs"]
OPTIONS = ["--target", "spark", "--profiles-dir", "profiles", *FOLDERS]
TABLES = [f"stg_registers__{name}" for name in ("population", "dream_weeks", "match_groups")]
NO_UNIT_TESTS = ("--exclude-resource-type", "unit_test")  # test_equality.py runs them


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """The staging models, the rules and the classifications of the real project, without their own tests."""
    root = borrow(tmp_path_factory.mktemp("project"), STAGING_PROJECT)
    without_tests(root / "seeds/classifications")
    return root


@pytest.fixture(scope="module")
def dbt(project):
    """Run a dbt command on Spark in this process, where its tables stay; return what dbtRunner returns."""
    from dbt.adapters.spark import session

    spark_session.guard(session)
    paths = Paths(project=project, build=project / "inside", results=project / "vfm.duckdb")
    umask = os.umask(0o077)
    errors = []

    def listen(event):
        if event.info.name == "RunningOperationCaughtError":
            errors.append(event.data.exc)

    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(project)
        patch.setenv("SPARK_MASTER", "local[2]")
        for name, value in spark.environment(paths).items():
            patch.setenv(name, value)
        patch.setenv("SPARK_SHUFFLE_PARTITIONS", "2")

        def run(command, *choice, registers=None):
            patch.setenv("VFM_REGISTERS", str(registers or project / "nowhere"))
            errors.clear()
            ended = dbtRunner(callbacks=[listen]).invoke(["--quiet", command, *choice, *OPTIONS])
            return ended, [*errors]

        yield run
    if spark_session.active_context():
        spark_session.active_context().stop()
    os.umask(umask)


@pytest.fixture
def delivery(tmp_path):
    return tiny_registers.write_registers(tmp_path / "delivery")


# ---- one value in many forms -------------------------------------------------------------------------------


NUMBERS = [
    "7", "cast(7 as bigint)", "cast(7 as double)", "cast(7.5 as double)", "cast(7.005 as double)",
    "cast(-2.675 as double)", "cast(16000000 as double)", "cast(0.00001 as double)",
    "cast(7.50 as decimal(12, 2))", "cast(7.005 as decimal(12, 3))", "'7'", "' 7 '", "'007'", "'7.0'",
    "'7,0'", "'7.'", "'7,5'", "'7.005'", "'+7'", "'-7'", "'7e3'", "'1.234,5'", "'12345678901'", "'many'",
    "''", "' '", "'.'", "cast(null as string)", "cast(null as double)",
]  # fmt: skip
DATES = [
    "date '2011-03-05'", "timestamp '2011-03-05 13:45:00'", "'2011-03-05'", "'2011-03-05T10:00:00'",
    "'2011-03-05 00:00:00.000'", "'20110305'", "20110305", "cast(20110305 as double)", "18691",
    "cast(18691 as double)", "'18691'", "-3650", "'-3650'", "cast(1614902400 as bigint)", "'1614902400'",
    "cast(1614902400 as double)", "-1614902", "cast(1614902400000 as bigint)",
    "cast(1614902400000 as double)", "-16149024001", "'05-03-2011'", "'05/03/2011'",
    "'5/3/2011'", "'05.03.2011 12:00'", "'05MAR2011'",
    "'05mar2011:10:00:00'", "'05MAJ2011'", "'05okt2011'", "'05XYZ2011'", "'2011-02-30'", "'2011-13-01'",
    "'20119999'", "'31/12/81'", "'spring'", "''", "'.'", "cast(null as string)", "cast(null as date)",
]  # fmt: skip
CODES = [
    "'101'", "' 101 '", "'077'", "77", "cast(77 as double)", "'77'", "'77.0'", "'77,0'", "'.'", "''",
    "'DF32'", "cast(77 as decimal(5, 0))", "'000000000007'", "7", "cast(123456789012 as bigint)",
    "cast(123456789012 as double)", "cast(null as string)",
]  # fmt: skip
FORMS = [
    ("to_integer(\"value\")", NUMBERS), ("to_hours(\"value\")", NUMBERS),
    ("to_text(\"value\")", CODES), ("to_code(\"value\", 3)", CODES), ("to_person_id(\"value\")", CODES),
    ("to_date(\"value\")", DATES),
]  # fmt: skip


def each_form(expression, values):
    """SQL of one row a value: its place, and what the expression makes of it."""
    return " union all ".join(
        f"select {place} as place, cast({expression} as string) as read_as "
        f"from (select {value} as value) as one"
        for place, value in enumerate(values)
    )


@pytest.mark.parametrize(("cast", "values"), FORMS, ids=[cast for cast, _ in FORMS])
def test_a_value_is_read_the_same_in_every_form(cast, values, dbt):
    macro, *arguments = cast.removesuffix(")").replace("(", ", ").replace('"', "").split(", ")
    on_duckdb = dbt_sql.cast(macro, arguments[0], *map(int, arguments[1:]))
    theirs = duckdb.sql(each_form(on_duckdb, values)).fetchall()
    shown, _ = dbt("show", "--inline", each_form("{{ " + cast + " }}", values), "--limit", "-1")
    ours = {int(row[0]): row[1] for row in shown.result.results[0].agate_table.rows}
    differ = {
        values[place]: (read_as, str(ours[place])) for place, read_as in theirs if ours[place] != read_as
    }
    assert len(ours) == len(values)
    assert not differ, "value: on DuckDB, on Spark"


# ---- the mount ---------------------------------------------------------------------------------------------


def no_folder(delivery):
    shutil.rmtree(delivery)


def no_register(delivery):
    (delivery / "bfl/part-0.parquet").unlink()


def no_column(delivery):
    row = tiny_registers.columns()["bef"]
    del row["OPR_LAND"]
    tiny_registers.write_part(delivery, "bef", row, part="part-1")


def no_week(delivery):
    row = tiny_registers.columns()["dream"]
    del row["Y_0953"]
    tiny_registers.write_part(delivery, "dream", row)


def no_row(delivery):
    tiny_registers.write_part(delivery, "lpr_adm", tiny_registers.columns()["lpr_adm"], rows=0)


def mounted_on_duckdb(folder):
    """What stops the mount there."""
    with duckdb.connect() as con, pytest.raises(dbt_sql.RefusedError) as stopped:
        con.execute("create schema raw")
        files = dbt_sql.macro("register_files", str(folder), con=con)
        if not files:
            dbt_sql.macro("mount_registers")
        for name, register in sorted(dbt_sql.sources().items()):
            dbt_sql.macro("mount_register", register, str(folder), files.get(name), con=con)
    return str(stopped.value)


@pytest.mark.parametrize("spoil", [no_register, no_column, no_week, no_row])
def test_the_mount_refuses_in_the_same_words(spoil, dbt, delivery):
    spoil(delivery)
    _, errors = dbt("run-operation", "mount_registers", registers=delivery)
    assert one_sentence(errors[0]) == mounted_on_duckdb(delivery)


def test_without_a_folder_it_says_so(dbt, delivery):
    no_folder(delivery)
    _, errors = dbt("run-operation", "mount_registers", registers=delivery)
    said = one_sentence(errors[0])
    assert said.startswith(f"register folder {delivery}: no such folder, or no <register>/*.parquet in it.")


def test_a_timestamp_of_nanoseconds_is_refused(dbt, delivery):
    row = tiny_registers.columns()["lmdb"] | {"EKSD": "cast('2011-06-01' as timestamp_ns)"}
    tiny_registers.write_part(delivery, "lmdb", row)
    _, errors = dbt("run-operation", "mount_registers", registers=delivery)
    assert "TIMESTAMP(NANOS" in one_sentence(errors[0])


# ---- parts that differ, and the rules ----------------------------------------------------------------------


@pytest.fixture(scope="module")
def prepared(dbt, tmp_path_factory):
    """The classifications and the staging models on a good delivery."""
    good = tiny_registers.write_registers(tmp_path_factory.mktemp("good"))
    ended, _ = dbt("build", "--select", "+path:tests/registers", *NO_UNIT_TESTS, registers=good)
    statuses = {result.node.name: str(result.status) for result in ended.result}
    assert set(statuses.values()) == {"success", "pass"}, statuses
    return dbt


def spread_over_parts(delivery):
    """More parts of each register: other cases and columns, other types, an old name, odd characters."""
    rows = tiny_registers.columns()
    for register, row in rows.items():
        other = {name.swapcase(): value for name, value in row.items()} | {"Something_Else": "1"}
        tiny_registers.write_part(delivery, register, other, part="part {1},[2] it's")
    lmdb = {"pnr12": "'000000000009'", "EKSD": "'01-02-2012'", "ATC": "'N06AA01'"}
    tiny_registers.write_part(delivery, "lmdb", lmdb, part="part-2")
    bfl = rows["bfl"] | {"PNR": "7", "AJO_LOENTIMER": "'120,5'"}
    bfl["AJO_JOB_SLUT_DATO"] = "timestamp '2012-04-30'"
    tiny_registers.write_part(delivery, "bfl", bfl, part="part-2")
    dream = rows["dream"] | {"Y_0912": "111", "MATCH_3KV2012": "cast(2 as double)", "PNR": "'000000000008'"}
    tiny_registers.write_part(delivery, "dream", dream, part="part-2")
    bef = rows["bef"] | {"KOM": "77", "KOEN": "cast(2 as double)", "E_FAELLE_ID": "'1'", "ALDER": "'31'"}
    tiny_registers.write_part(delivery, "bef", bef, part="part-2")


def test_parts_with_other_columns_and_types_are_read_the_same(prepared, delivery):
    from pyspark.sql import SparkSession

    spread_over_parts(delivery)
    ended, _ = prepared("run", "--select", "path:models/staging/registers", registers=delivery)
    assert ended.success
    names = {result.node.name for result in ended.result if result.node.resource_type == "model"}
    assert len(names) == 12
    spark_of_dbt = SparkSession.builder.getOrCreate()
    with check.database() as con:
        assert check.mount(con, str(delivery)) == []
        check.stage(con)
        for name in names:
            theirs = con.execute(f"select * from staging.{name}").fetchall()
            ours = spark_of_dbt.sql(f"select * from staging.{name}").collect()
            assert sorted(map(str, map(tuple, ours))) == sorted(map(str, theirs)), name


@pytest.mark.parametrize("turn", ROUNDS[:3], ids=lambda turn: f"{len(turn)} registers")
def test_the_rules_say_what_they_say_on_duckdb(turn, prepared, delivery):
    for bad in turn:
        bad.write(delivery)
    choice = ["--select", *TABLES, "path:tests/registers", *NO_UNIT_TESTS]
    ended, _ = prepared("build", *choice, "--threads", "2", registers=delivery)
    lines = check.check(delivery)
    for bad in turn:
        expect(bad, [line for line in lines if line.register == bad.register])
    told = {result.node.name: result for result in ended.result if result.node.resource_type == "test"}
    assert set(told) == set(dbt_sql.sources())
    for register, result in told.items():
        mine = [line for line in lines if line.register == register]
        if said(mine):
            assert one_sentence(result.message) == said(mine)[0]
        else:
            assert str(result.status) == ("warn" if said(mine, "warning") else "pass"), register
