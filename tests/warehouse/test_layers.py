"""The layers as dbt's manifest has them: staging, intermediate, marts; what flows up again is found here."""

import json
import shutil
import sys

import preloaded
import pytest

from vfm.warehouse.paths import PROJECT, Paths
from vfm.warehouse.publish import SCHEMAS

#: Marts may read marts of their own schema and of those before it.
MARTS = ("meta", "benchmark", "expenditure", "efficiency", "report")
#: Published Python models that read a mart, with the reason. All others estimate, from exact tables.
READS_A_MART = {
    # its expected curves may tell no more of the baseline than what is published of it
    ("municipal_curves", "cox_baseline"),
    # it compares the marks of two builds
    ("sensitivity", "build_info"),
}


@pytest.fixture(scope="module")
def manifest(tmp_path_factory):
    """dbt's manifest of the project as it stands."""
    target = tmp_path_factory.mktemp("parsed")
    parsed_before = Paths.from_environment(PROJECT).target / "partial_parse.msgpack"
    if parsed_before.exists():  # then dbt reads only what has changed since
        shutil.copy(parsed_before, target)
    command = [sys.executable, "-m", "dbt.cli.main", "parse"]
    command += ["--target-path", str(target), "--log-path", str(target)]
    done = preloaded.run(command, cwd=PROJECT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:]
    return json.loads((target / "manifest.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def models(manifest):
    """The project's models by unique id."""
    return {key: node for key, node in manifest["nodes"].items() if node["resource_type"] == "model"}


@pytest.fixture(scope="module")
def arrows(manifest, models):
    """(reader, what it reads): every arrow that ends in a model."""
    everything = manifest["nodes"] | manifest["sources"]
    return [(node, everything[key]) for node in models.values() for key in node["depends_on"]["nodes"]]


def layer(node):
    """Name the layer of a node: source, seed, staging, intermediate, persons, or mart."""
    if node["resource_type"] != "model":
        return node["resource_type"]
    return node["schema"] if node["schema"] in ("staging", "intermediate", "persons") else "mart"


def named(arrows):
    """Write arrows for a person: reader <- what it reads."""
    return sorted(f"{reader['name']} <- {read['name']}" for reader, read in arrows)


def test_every_model_is_of_a_layer(models):
    schemas = {node["schema"] for node in models.values()}
    assert schemas == {"staging", "intermediate", "persons", *MARTS}
    assert set(MARTS) == set(SCHEMAS)


def test_only_staging_reads_what_is_delivered(arrows):
    delivered = [
        (reader, read)
        for reader, read in arrows
        if layer(read) == "source" or (layer(read) == "seed" and read["schema"] == "statbank")
    ]
    assert len(delivered) > 10
    assert named(arrow for arrow in delivered if layer(arrow[0]) != "staging") == []


def test_staging_reads_deliveries_and_code_lists_alone(arrows):
    wrong = [
        (reader, read)
        for reader, read in arrows
        if layer(reader) == "staging" and layer(read) not in ("source", "seed")
    ]
    assert named(wrong) == []


def test_no_intermediate_model_reads_a_mart(arrows):
    of_intermediate = [arrow for arrow in arrows if layer(arrow[0]) == "intermediate"]
    assert len(of_intermediate) > 50
    assert named(arrow for arrow in of_intermediate if layer(arrow[1]) in ("mart", "persons")) == []


def test_marts_read_no_delivery_of_persons(arrows):
    wrong = [
        (reader, read)
        for reader, read in arrows
        if layer(reader) == "mart" and layer(read) == "staging" and read["name"].startswith("stg_registers__")
    ]
    assert named(wrong) == []


def test_rows_of_persons_are_views_that_no_model_reads(models, arrows):
    persons = [node for node in models.values() if layer(node) == "persons"]
    assert {node["name"] for node in persons} == {"spells", "case_mix"}
    assert {node["config"]["materialized"] for node in persons} == {"view"}
    assert named(arrow for arrow in arrows if layer(arrow[1]) == "persons") == []
    assert {layer(read) for reader, read in arrows if layer(reader) == "persons"} == {"intermediate"}


def test_marts_read_marts_downstream_and_the_report_is_last(arrows):
    between = [(reader, read) for reader, read in arrows if layer(reader) == layer(read) == "mart"]
    assert any(reader["schema"] == "report" for reader, _ in between)
    wrong = [
        (reader, read)
        for reader, read in between
        if MARTS.index(read["schema"]) > MARTS.index(reader["schema"])
    ]
    assert named(wrong) == []


def test_what_was_printed_is_read_by_the_report_alone(arrows):
    wrong = [
        arrow for arrow in arrows if arrow[1]["schema"] == "published" and arrow[0]["schema"] != "report"
    ]
    assert named(wrong) == []


def test_what_estimates_reads_exact_tables(arrows):
    found = {
        (reader["name"], read["name"])
        for reader, read in arrows
        if reader["language"] == "python" and layer(read) == "mart"
    }
    assert found == READS_A_MART


def test_every_published_sql_model_has_a_contract(models):
    published = [
        node
        for node in models.values()
        if node["schema"] in SCHEMAS
        and node["language"] == "sql"
        and node["config"]["materialized"] != "ephemeral"
    ]
    assert len(published) > 50
    assert [node["name"] for node in published if not node["config"]["contract"]["enforced"]] == []


def test_every_model_has_a_group_with_an_owner_and_says_who_may_build_on_it(manifest, models):
    assert [node["name"] for node in models.values() if not node["config"].get("group")] == []
    assert all(group["owner"].get("name") for group in manifest["groups"].values())
    tables = [node for node in models.values() if node["config"]["materialized"] != "ephemeral"]
    access = {layer(node): set() for node in tables}
    for node in tables:
        access[layer(node)].add(node["access"])
    assert access == {
        "staging": {"protected"},
        "intermediate": {"protected"},
        "persons": {"public"},
        "mart": {"public"},
    }
