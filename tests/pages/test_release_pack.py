"""The release pack is whole, says what the published file rests on and hides, and may be refused."""

import csv
import dataclasses
import hashlib
import json
import subprocess
import sys
from types import SimpleNamespace

import duckdb
import pytest

from vfm.pages import release_pack
from vfm.privacy.attack import attack_score
from vfm.privacy.attack.playing import Played
from vfm.warehouse.paths import Paths

BUILD = """
    create schema meta; create schema report;
    create table meta.build_info as
    select {day} as built_at, 'synthetic, seed 1' as data_origin, 'synthetic, seed 1' as accounts_origin;
    create table meta.method as select 'disclosure_limit' as name, '5' as value;
    create table report.durations as
    from (values ('101', 7, null),
    ('147', null, 'few_persons'), ('151', null, 'few_persons'), ('153', null, null))
    as t (municipality_code, spells, reason);
"""


BASES = """
    create table report.release_bases as
    from (values ('durations', 'a', 6, true), ('durations steps', 'b', 3, false))
    as t (published_table, cell, persons, is_shown);
"""


def declared(rests_on, reason=None):
    meta = {"rests_on": rests_on, "precision": "exact"} | ({"withheld_reason": reason} if reason else {})
    return {"config": {"meta": meta}}


@pytest.fixture
def paths(tmp_path, monkeypatch):
    """A project with a warehouse, what was published from it, and dbt's files; the attacker finds nothing."""
    paths = Paths(project=tmp_path, build=tmp_path / "build", results=tmp_path / "vfm.duckdb")
    paths.target.mkdir(parents=True)
    node = {
        "resource_type": "model",
        "schema": "report",
        "alias": "durations",
        "config": {"meta": {"publish": True}},
        "columns": {
            "municipality_code": declared("nothing"),
            "spells": declared("spells", "reason"),
            "reason": declared("spells"),
        },
    }
    nodes = {"model.v.durations": node}
    for table, columns in (
        ("build_info", ["built_at", "data_origin", "accounts_origin"]),
        ("method", ["name", "value"]),
    ):
        own = {"schema": "meta", "alias": table, "columns": {name: declared("nothing") for name in columns}}
        nodes[table] = node | own
    (paths.target / "manifest.json").write_text(json.dumps({"nodes": nodes}))
    for path in (paths.warehouse, paths.results):
        with duckdb.connect(str(path)) as con:
            con.execute(BUILD.format(day=1) + (BASES if path == paths.warehouse else ""))
    plays(monkeypatch, [])
    return paths


def plays(monkeypatch, findings, persons=3):
    """Put an attacker in place who finds this of a cell of so many persons."""
    truth = {("durations", ("151",)): attack_score.Cell(persons, persons, persons)}
    monkeypatch.setattr(release_pack.attack_score, "true_cells", lambda warehouse: truth)
    monkeypatch.setattr(release_pack.playing, "play", lambda con: Played(findings=findings))


def finding(low, high):
    return SimpleNamespace(table="durations", cell=("151",), low=low, high=high, how="by subtraction")


def read(folder, name):
    with (folder / name).open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def test_the_pack_says_what_is_published_and_why_the_rest_is_not(paths):
    folder = release_pack.write_pack(paths, paths.build / "release-pack")
    assert {path.name for path in folder.iterdir()} == {*release_pack.HEADS, "index.html", "vfm.duckdb"}
    table = next(row for row in read(folder, "tables.csv") if row["table"] == "durations")
    assert table == {
        "schema": "report", "table": "durations", "rests_on": "spells", "smallest_base_shown": "6",
        "rows": "4", "cells": "12", "withheld": "2", "withheld_by_reason": "few_persons 2",
    }  # fmt: skip
    spells = next(row for row in read(folder, "columns.csv") if row["column"] == "spells")
    assert spells["withheld_by_reason"] == "few_persons 2"
    assert (spells["withheld"], spells["without_a_stated_reason"]) == ("2", "1")
    reason = next(row for row in read(folder, "columns.csv") if row["column"] == "reason")
    assert (reason["withheld"], reason["without_a_stated_reason"]) == ("0", "0")
    method = next(row for row in read(folder, "tables.csv") if row["table"] == "method")
    assert method["smallest_base_shown"] == "none: it rests on nothing"
    prints = {row["what"]: row["value"] for row in read(folder, "fingerprints.csv")}
    for path in folder.iterdir():
        if path.name not in ("fingerprints.csv", "index.html"):
            assert prints[path.name] == hashlib.sha256(path.read_bytes()).hexdigest()
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert "SYNTHETIC" in page and "recovers no cell" in page and "few_persons 2" in page


def test_an_earlier_pack_is_replaced_and_nothing_else_is(paths):
    folder = release_pack.write_pack(paths, paths.build / "release-pack")
    (folder / "tables.csv").write_text("of before")
    release_pack.write_pack(paths, folder)
    assert (folder / "tables.csv").read_text() != "of before"
    (folder / "thesis.docx").touch()
    for other in (folder, paths.build):
        with pytest.raises(release_pack.NoPackError, match="holds something else"):
            release_pack.write_pack(paths, other)
    assert paths.warehouse.exists() and (folder / "thesis.docx").exists()


def test_a_file_that_is_not_what_the_build_published_is_refused(paths):
    for change, said in (
        ("create table report.mine as select 1 as person", "holds report.mine"),
        ("drop table report.mine; update report.durations set spells = 8 where spells = 7", "is not that of"),
        ("drop table report.durations", "lacks report.durations"),
    ):
        with duckdb.connect(str(paths.results)) as con:
            con.execute(change)
        with pytest.raises(release_pack.NoPackError, match=said):
            release_pack.write_pack(paths, paths.build / "release-pack")
    assert not list(paths.build.glob("release-pack*"))


@pytest.mark.parametrize("bounds", [(3, 3), (2, 4), (3, 4)])
def test_a_pack_is_refused_where_the_attack_recovers_few(paths, monkeypatch, bounds):
    plays(monkeypatch, [finding(0, 9), finding(*bounds)])
    with pytest.raises(release_pack.NoPackError, match="the attack recovers 1 cells of fewer than 5"):
        release_pack.write_pack(paths, paths.build / "release-pack")
    assert not list(paths.build.glob("release-pack*"))


def test_a_pack_is_refused_where_the_attack_misses_the_truth(paths, monkeypatch):
    plays(monkeypatch, [finding(5, 9)])
    with pytest.raises(release_pack.NoPackError, match="the attack does not fit this file"):
        release_pack.write_pack(paths, paths.build / "release-pack")


def test_what_the_attack_finds_of_many_is_told(paths, monkeypatch):
    plays(monkeypatch, [finding(7, 7), finding(0, 9)], persons=7)
    (row,) = read(release_pack.write_pack(paths, paths.build / "pack"), "attack.csv")
    assert row == {"table": "durations", "cells_of_few_persons": "0", "exactly": "0", "within_one": "0"}


def test_a_file_of_another_build_is_refused(paths):
    with duckdb.connect(str(paths.results)) as con:
        con.execute("update meta.build_info set built_at = 2")
    with pytest.raises(release_pack.NoPackError, match="vfm.duckdb is not of the build in"):
        release_pack.write_pack(paths, paths.build / "release-pack")
    assert not list(paths.build.glob("release-pack*"))


def refusal(paths, capsys, monkeypatch):
    """What the command says of these files, in one line."""
    monkeypatch.setattr(release_pack.Paths, "from_environment", lambda project: paths)
    assert release_pack.main([]) == 1
    said = capsys.readouterr()
    assert said.err.count("\n") == 1 and not said.out
    return said.err


def test_a_file_that_someone_holds_is_said_in_a_sentence(paths, capsys, monkeypatch):
    for path, name in ((paths.warehouse, "build/warehouse.duckdb"), (paths.results, "vfm.duckdb")):
        code = f"import duckdb; con = duckdb.connect({str(path)!r}); print(1, flush=True); input()"
        with subprocess.Popen(
            [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as holder:
            holder.stdout.readline()
            said = refusal(paths, capsys, monkeypatch)
            holder.stdin.close()
        assert said.startswith(f"{name} is held by python") and f"(process {holder.pid}): close it" in said


def test_the_warehouse_is_not_taken_for_the_published_file(paths, capsys, monkeypatch):
    paths = dataclasses.replace(paths, results=paths.warehouse)
    said = refusal(paths, capsys, monkeypatch)
    assert said == (
        "build/warehouse.duckdb is the warehouse itself: set VFM_RESULTS to the published file.\n"
    )


def test_without_a_warehouse_there_is_no_pack(paths):
    paths.warehouse.unlink()
    with pytest.raises(release_pack.NoPackError, match="There is no build/warehouse.duckdb"):
        release_pack.write_pack(paths, paths.build / "release-pack")
