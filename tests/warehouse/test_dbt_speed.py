"""What dbt does faster here gives what dbt's own code gives, and is left out where dbt is another."""

import io
import json
import pprint
import subprocess
import sys
from types import SimpleNamespace

import agate
import pytest
from dbt import compilation
from dbt.adapters.events.types import SQLQuery
from dbt.clients.jinja import MacroGenerator, MacroStack
from dbt.context.macros import MacroNamespaceBuilder
from dbt.contracts.files import FileHash
from dbt.contracts.graph.nodes import InjectedCTE
from dbt.contracts.graph.unparsed import UnparsedColumn
from dbt.events.types import MainReportVersion
from dbt.parser.manifest import ManifestLoader
from dbt.tracking import track_behavior_change_warn
from dbt_common.clients import agate_helper, jinja
from dbt_common.dataclass_schema import ValidationError
from dbt_common.events.base_types import EventLevel
from dbt_common.events.event_manager import EventManager
from dbt_common.events.logger import LoggerConfig

from vfm.warehouse import dbt_runs, dbt_speed
from vfm.warehouse.paths import PROJECT, Paths


def test_it_is_written_against_the_dbt_that_is_installed():
    """Read what has changed in dbt before the versions are renewed: dbt is as delivered until then."""
    found = {name: dbt_speed.installed(name) for name in dbt_speed.WRITTEN_AGAINST}
    assert found == dbt_speed.WRITTEN_AGAINST
    assert EventManager.fire_event is dbt_speed.fire_event
    assert MacroNamespaceBuilder.build_namespace is dbt_speed.build_namespace
    assert compilation.inject_ctes_into_sql is dbt_speed.inject_ctes_into_sql
    assert agate_helper.build_type_tester is dbt_speed.build_type_tester
    assert ManifestLoader.build_manifest_state_check is dbt_speed.build_manifest_state_check


def test_another_dbt_is_left_as_it_is():
    program = """
import importlib.metadata
version = importlib.metadata.version
importlib.metadata.version = lambda name: "1.12.0" if name == "dbt-core" else version(name)
from dbt_common.events.event_manager import EventManager
before = dict(vars(EventManager))
from vfm.warehouse import dbt_speed
assert vars(EventManager) == before and dbt_speed.fire_event is not EventManager.fire_event
"""
    subprocess.run([sys.executable, "-c", program], cwd=PROJECT, check=True)


def events(level, event, callbacks=()):
    """What a log of a level says of an event, and whether its message was written at all."""
    stream, manager = io.StringIO(), EventManager()
    manager.add_logger(LoggerConfig(name=f"test_{level.value}", level=level, output_stream=stream))
    manager.callbacks = [track_behavior_change_warn, *callbacks]
    manager.fire_event(event)
    return stream.getvalue(), "pb_msg" in event.__dict__


def query():
    return SQLQuery(conn_name="one", sql="select 1", node_info={})


def test_an_event_for_debugging_is_written_only_for_who_reads_it():
    said, written = events(EventLevel.DEBUG, query())
    assert "select 1" in said and written
    assert events(EventLevel.INFO, query()) == ("", False)
    heard = []
    assert events(EventLevel.INFO, query(), [heard.append]) == ("", True)
    assert heard[0].data.sql == "select 1"
    said, written = events(EventLevel.INFO, MainReportVersion(version="=1", log_version=3))
    assert "Running with dbt=1" in said and written


def test_a_message_that_is_written_later_is_the_same():
    event = query()
    delivered = type("SQLQuery", (), {"PROTO_TYPES_MODULE": event.PROTO_TYPES_MODULE})()
    dbt_speed.make_as_delivered(delivered, conn_name="one", sql="select 1", node_info={})
    assert event.pb_msg == delivered.pb_msg
    event.sql = "select 2"
    assert event.sql == event.to_dict()["sql"] == "select 2"
    with pytest.raises(AttributeError):
        event.nothing  # noqa: B018
    with pytest.raises(Exception, match="Unable to parse"):
        SQLQuery(conn_name=1).pb_msg  # noqa: B018


def macro(package, name):
    return SimpleNamespace(package_name=package, name=name, unique_id=f"macro.{package}.{name}")


PACKAGES = {"dbt": "abcd", "dbt_duckdb": "bx", "value_for_money": "cy", "other": "dcz"}


@pytest.mark.parametrize("package", PACKAGES)
def test_a_name_stands_for_the_macro_that_dbt_finds(package):
    macros = {name: {each: macro(name, each) for each in letters} for name, letters in PACKAGES.items()}
    context, stack = {}, MacroStack()

    def builder():
        return MacroNamespaceBuilder("value_for_money", package, stack, ["dbt_duckdb", "dbt"], "node")

    ours = builder().build_namespace(macros, context)
    delivered = dbt_speed.namespace_as_delivered(builder(), macros, context)
    lazily = dbt_speed.Lazily()
    lazily.names, lazily.make = ours.all_names, ours.__getitem__
    assert set(ours) == set(delivered) == set(lazily) == set(dict(lazily)) == {**lazily}.keys()
    for name, wanted in delivered.items():
        for found in (ours[name], lazily[name], lazily.get(name)):
            if isinstance(wanted, dict):
                assert {each: vars(found[each]) for each in found} == {
                    each: vars(wanted[each]) for each in wanted
                }
            else:
                assert isinstance(found, MacroGenerator) and vars(found) == vars(wanted)
    for where in (None, *PACKAGES.keys() - {"dbt_duckdb"}):
        for name in "abcdxyz":
            found, wanted = (each.get_from_package(where, name) for each in (ours, delivered))
            assert (found and found.macro) == (wanted and wanted.macro)
    assert "none" not in lazily and lazily.get("none", 1) == 1
    with pytest.raises(KeyError):
        lazily["none"]
    lazily["a"] = 2
    assert lazily["a"] == 2 and dict(lazily)["a"] == 2 and len(lazily) == len(delivered)


def test_a_template_is_compiled_once_for_each_way_of_rendering():
    text = "{{ [1, x] }}"
    first, again = (jinja.get_template(text, {"x": value}) for value in (2, 3))
    assert first.root_render_func.__code__ is again.root_render_func.__code__
    assert (first.render({}), again.render({})) == ("[1, 2]", "[1, 3]")
    native = jinja.get_template(text, {"x": 2}, native=True)
    assert native.render({}) == [1, 2] and native.render({"x": 4}) == [1, 4]


def test_what_is_kept_between_queries_is_what_dbt_makes():
    rows, names = [(1, "a", True, "2024-01-01"), (2, "", False, None)], ["n", "text", "truth", "day"]
    for texts, nulls in ((["text", "day"], ()), (["text"], ("null", ""))):
        types = [
            [type(each) for each in make(texts, string_null_values=nulls).run(rows, names)]
            for make in (dbt_speed.build_type_tester, dbt_speed.tester_as_delivered)
        ]
        assert types[0] == types[1]
    empty = agate_helper.empty_table()
    assert isinstance(empty, agate.Table) and not len(empty) and empty is agate_helper.empty_table()


WITHOUT_COMMENTS = "with a as (select 1 as x), b as (select 2 as x) select * from a, b"


@pytest.mark.parametrize(
    "sql",
    [
        WITHOUT_COMMENTS,
        f"\n\n-- what it is; or with\n/* with\n*/\n\n{WITHOUT_COMMENTS}\n",
        f"\n  -- what it is\n/* with\n*/\nWITH\n{WITHOUT_COMMENTS[4:]}  \n",
        f"with -- what a is\n{WITHOUT_COMMENTS[4:]}",
        f"with  recursive {WITHOUT_COMMENTS[4:]}",
        "select 1 as x",
        "-- with x\nselect 1 as x\n",
        "without",
        f"{WITHOUT_COMMENTS}; select 2",
        "with a as (select ';' as x) select * from a",
        f"{WITHOUT_COMMENTS} -- one; two\nwhere 'it''s;' <> x /* and; -- so\n on; */",
        f"{WITHOUT_COMMENTS} -- it's\n; select '",
        "with a as (select $$;$$ as x) select * from a",
    ],
)
@pytest.mark.parametrize("number", [0, 1, 2])
def test_the_rows_of_a_unit_test_stand_where_dbt_puts_them(sql, number):
    ctes = [InjectedCTE(id=f"cte{each}", sql=f" cte{each} as (\nselect 1\n)") for each in range(number)]
    assert dbt_speed.inject_ctes_into_sql(sql, ctes) == dbt_speed.inject_as_delivered(sql, ctes)


def test_json_and_schemas_are_the_same():
    data, stream = {"a": [1, 2.5, None, "ø"], "b": {"c": True}}, io.StringIO()
    dbt_speed.dump(data, stream)
    assert stream.getvalue() == json.dumps(data)
    UnparsedColumn.validate({"name": "x"})
    with pytest.raises(ValidationError):
        UnparsedColumn.validate({"name": 1})


@pytest.mark.parametrize("data", [{"name": "x"}, {"name": 1}, {}, {"name": "x", "tags": 3}, None, "x"])
def test_what_is_valid_is_what_dbt_finds_valid(data):
    def said(validate):
        try:
            validate(UnparsedColumn, data)
        except ValidationError as error:
            return error.message
        return None

    assert [said(dbt_speed.validate) for _ in range(2)] == 2 * [said(dbt_speed.validate_as_delivered)]


def test_the_project_is_not_read_anew_for_another_folder():
    def check(path, schema="main"):
        told = [("path", path), ("schema", schema)]
        loader = SimpleNamespace(
            root_project=SimpleNamespace(credentials=SimpleNamespace(connection_info=lambda: told))
        )
        return dbt_speed.build_manifest_state_check(loader).profile_hash.checksum

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dbt_speed, "state_as_delivered", lambda self: SimpleNamespace())
        same = check("build/warehouse.duckdb")
        plain = pprint.pformat([("path", "build/warehouse.duckdb"), ("schema", "main")])
        assert same == FileHash.from_contents(plain).checksum  # as dbt without any of this says it
        assert check("/elsewhere/warehouse.duckdb") == same
        assert same not in (check("build/other.duckdb"), check("build/warehouse.duckdb", "other"))


def test_a_new_folder_begins_with_what_the_projects_build_has_parsed(tmp_path):
    own = tmp_path / "build/target/partial_parse.msgpack"
    paths = Paths(project=tmp_path, build=tmp_path / "other", results=tmp_path / "vfm.duckdb")
    assert dbt_runs.parsed_already(paths) == []
    own.parent.mkdir(parents=True)
    own.touch()
    assert dbt_runs.parsed_already(paths) == ["--partial-parse-file-path", str(own)]
    paths.target.mkdir(parents=True)
    (paths.target / own.name).touch()
    assert dbt_runs.parsed_already(paths) == []
