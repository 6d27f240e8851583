"""Large worlds: one register of several worlds, other persons in the same municipalities, all or nothing."""

import json
import os
import signal
import subprocess
import sys
import time
from io import StringIO
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from simulated_delivery import REGISTERS, SCALE, SEED, Reading, as_date, hashes, run

from vfm.synthetic import __main__ as command
from vfm.synthetic.delivery import shards, truth_files
from vfm.synthetic.verify import truth_check
from vfm.synthetic.world import creation, expenditure, keys, residence
from vfm.synthetic.world.classifications import published
from vfm.warehouse.paths import PROJECT

SHARDS = 2


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """Registers, accounts and truth of two small worlds, and what was said of them."""
    folder = tmp_path_factory.mktemp("large")
    progress = StringIO()
    written, parts = shards.write_large_world(folder, SEED, SHARDS, scale=SCALE, stream=progress)
    return folder, written, parts, progress.getvalue()


@pytest.fixture(scope="module")
def single(tmp_path_factory):
    """The delivery of the first of them alone."""
    return run(tmp_path_factory.mktemp("single"))


@pytest.fixture(scope="module")
def registers(large):
    """The registers of the large world, read back from their files."""
    return {
        name: duckdb.sql(f"select * from read_parquet('{large[0]}/registers/{name}/*.parquet')").df()
        for name in REGISTERS
    }


@pytest.fixture(scope="module")
def made():
    """The two worlds."""
    return list(creation.create_worlds(SEED, SHARDS, SCALE))


def read_truth(folder, name):
    """A table of the truth."""
    return pd.read_parquet(folder / "truth" / f"{name}.parquet")


# --- one register ----------------------------------------------------------------------------------------


def test_the_first_world_is_that_of_the_seed_and_the_others_follow(large, single):
    both, alone = hashes(large[0] / "registers"), hashes(single / "registers")
    for register in REGISTERS:
        assert both[f"{register}/{register}_00.parquet"] == alone[f"{register}/{register}_00.parquet"]
        assert both[f"{register}/{register}_01.parquet"] != alone[f"{register}/{register}_00.parquet"]
        assert f"{register}/{register}_02.parquet" not in both


def test_the_table_of_registers_counts_all_files(large, registers):
    folder, written, _, _ = large
    for entry in written[: len(REGISTERS)]:
        paths = list((folder / "registers" / entry["register"]).iterdir())
        assert entry["files"] == len(paths) == SHARDS
        assert entry["rows"] == len(registers[entry["register"]])
        assert entry["bytes"] == sum(path.stat().st_size for path in paths)


def test_nobody_is_in_two_worlds(registers, made):
    for name, key in (
        ("bef", ["PNR", "REFERENCETID"]),
        ("dod", ["PNR"]),
        ("dream", ["PNR"]),
        ("lpr_adm", ["RECNUM"]),
        ("danskudd", ["PNR"]),
    ):
        assert not registers[name].duplicated(key).any(), name
    ids = [set(one.persons["pnr"]) for one in made]
    assert not ids[0] & ids[1]
    assert len(ids[0] | ids[1]) == len(ids[0]) + len(ids[1])
    families = registers["bef"].groupby("FAMILIE_ID")["PNR"].agg(lambda pnr: set(pnr.str[1:3]))
    assert families.map(len).max() == 1


def test_the_registers_imply_the_true_spells_of_all_worlds(large, registers):
    reading = Reading(
        {
            name: frame.astype(object).where(frame.notna(), None) if name == "dream" else frame
            for name, frame in registers.items()
        }
    )
    population = reading.population()
    assert set(population) == set(read_truth(large[0], "persons")["person_id"])
    derived = [
        (pnr, *spell)
        for pnr, (_, _, entry, start) in population.items()
        for spell in reading.spells(pnr, entry, start)
    ]
    true = [
        (r.person_id, r.spell_number, as_date(r.start_week), r.duration_weeks, r.outcome, r.exit_reason)
        + (r.municipality_code,)
        for r in read_truth(large[0], "spells").itertuples()
    ]
    assert sorted(derived) == sorted(true)


def test_every_world_has_the_spells_of_its_municipalities(made):
    for one in made:
        counted = np.bincount(one.history.spells["place"], minlength=len(one.places.code))
        assert counted.tolist() == one.places.spells.tolist()


def test_the_number_of_processes_changes_no_byte(large, tmp_path):
    shards.write_large_world(tmp_path, SEED, SHARDS, scale=SCALE, processes=1, stream=StringIO())
    for name in ("registers", "statbank", "truth"):
        assert hashes(tmp_path / name) == hashes(large[0] / name)


def test_origin_names_the_whole_scale(large):
    origin = json.loads((large[0] / "registers" / "origin.json").read_text(encoding="utf-8"))
    assert origin["data_origin"] == f"synthetic, seed {SEED}, scale {SHARDS * SCALE:g}"
    assert origin["scale"] == SHARDS * SCALE


def test_the_truth_is_its_owners_alone(large):
    paths = [large[0] / "truth", *(large[0] / "truth").iterdir()]
    assert len(paths) == 7
    assert not [path.name for path in paths if path.stat().st_mode & 0o077]


def test_progress_says_how_long_the_rest_takes(large):
    lines = large[3].splitlines()
    assert lines[0].startswith("0 of 2 worlds")
    assert [line[:11] for line in lines[1:]] == ["1 of 2 worl", "2 of 2 worl"]
    assert all(" s left: " in line for line in lines[1:])


# --- one truth of the municipalities ---------------------------------------------------------------------


def test_other_persons_live_in_the_same_municipalities(large, made):
    first, second = made
    assert second.municipal is first.municipal
    assert second.seed != first.seed
    parameters = json.loads((large[0] / "truth" / "parameters.json").read_text(encoding="utf-8"))
    effects = list(parameters["municipal_effects_log_hazard"].values())
    np.testing.assert_allclose(effects, first.effects, atol=1e-6)
    both = [one.persons.drop(columns="pnr").astype(str).head(200) for one in made]
    assert not both[0].equals(both[1])


def test_a_level_that_nobody_liked_yet_is_neither_liked_nor_disliked(made):
    liked = made[0].municipal.likings["education"]
    levels = pd.Series([liked.index[0], "a new level"])
    found = liked.reindex(levels, fill_value=0.0).to_numpy()
    assert found[0].any() and not found[1].any()


def test_the_accounts_are_those_of_as_many_persons(large, single, made):
    sums = [pd.read_csv(folder / "statbank" / "regk100.csv", sep=";") for folder in (large[0], single)]
    totals = [
        table[(table["OMRÅDE"] == 0) & (table["ART"] == "UE")].groupby("TID")["INDHOLD"].sum()
        for table in sums
    ]
    np.testing.assert_allclose(totals[0], SHARDS * totals[1], atol=40)  # thousands, rounded line by line
    printed = published("table_4_1").query("scope == 'total' and line == 'gross'").set_index("year")
    years = printed.index[printed.index == 2015]
    assert totals[0][2015] / 1000 == pytest.approx(
        SHARDS * printed.loc[years, "million_dkk_2015_prices"].sum(), abs=0.2
    )

    need = read_truth(large[0], "expenditure")
    persons = sum(
        expenditure.programme_sums(one, residence.residence_of(one))["persons"].sum() for one in made
    )
    assert need["persons"].sum() == persons
    money = need["actual_dkk"] * need["full_year_persons"]
    alone = read_truth(single, "expenditure")
    mean = money.sum() / need["full_year_persons"].sum()
    one_world = (alone["actual_dkk"] * alone["full_year_persons"]).sum() / alone["full_year_persons"].sum()
    assert mean == pytest.approx(one_world, rel=0.1)


# --- the warehouse beside the truth ----------------------------------------------------------------------


@pytest.fixture
def warehouse(large):
    """A warehouse that holds the truth itself."""
    connection = duckdb.connect()
    persons, spells, days = (read_truth(large[0], name) for name in ("persons", "spells", "programme_days"))
    persons = persons.rename(columns={"programme_date": "programme_start_date"})
    connection.execute("create schema intermediate; create schema persons")
    connection.register("frame_persons", persons)
    connection.register("frame_spells", spells)
    connection.register("frame_days", days)
    connection.execute("create table intermediate.int_population as from frame_persons")
    connection.execute("create table persons.spells as from frame_spells")
    connection.execute("create table intermediate.int_programme_days as from frame_days")
    yield connection
    connection.close()


TABLES = ["persons", "spells", "programme_days"]


def test_a_warehouse_is_compared_with_all_worlds(warehouse, made, large):
    compared = truth_check.compare_worlds(warehouse, iter(made), SHARDS, TABLES)
    assert [one.table for one in compared] == TABLES
    assert not any(one.differences for one in compared)
    assert [one.rows for one in compared] == [len(read_truth(large[0], name)) for name in TABLES]


def test_what_is_of_no_world_or_wrong_in_one_is_found(warehouse, made):
    warehouse.execute(
        "update persons.spells set duration_weeks = 999 where person_id = "
        "(select min(person_id) from persons.spells where person_id like 'p01%') and spell_number = 1"
    )
    for stranger in ("pFE", "zzz"):
        warehouse.execute(
            "insert into intermediate.int_programme_days "
            f"select '{stranger}000000000', municipality_code, year, person_days "
            "from intermediate.int_programme_days limit 1"
        )
    persons, spells, days = truth_check.compare_worlds(warehouse, iter(made), SHARDS, TABLES)
    assert not persons.differences
    assert "duration_weeks differs in 1 rows" in spells.differences[0]
    assert days.differences == ("2 rows are in the warehouse only",)


# --- the command -----------------------------------------------------------------------------------------


def test_large_registers_leave_those_of_the_project_alone(monkeypatch):
    monkeypatch.setenv("VFM_BUILD", "elsewhere")
    options = command._parse(["--scale", "10"])
    assert options.out == Path("elsewhere/scale_10/registers")
    assert options.statbank == Path("elsewhere/scale_10/statbank")
    assert options.truth == Path("elsewhere/scale_10/truth")
    options = command._parse(["--scale", "0.1"])
    assert (options.out, options.truth) == (Path("seeds/registers"), Path("build/truth"))


@pytest.mark.parametrize("scale", ["1.5", "257", "inf"])
def test_a_large_scale_is_a_whole_number_of_worlds(scale, capsys):
    with pytest.raises(SystemExit) as stopped:
        command.main(["--scale", scale])
    assert stopped.value.code == 2
    assert "the scale must be a number from 0.02 to 1 or a whole one to 256" in capsys.readouterr().err


def test_as_many_worlds_as_ids_can_tell_apart():
    prefixes = {keys.pnr_prefix("persons", shard) for shard in range(keys.LARGEST_SHARD + 1)}
    assert len(prefixes) == command.LARGEST_SCALE
    assert {len(prefix) for prefix in prefixes} == {3}


def test_a_full_disk_leaves_what_was_there(tmp_path, monkeypatch, capsys):
    before = hashes(run(tmp_path))

    def full(folder, *_):
        raise OSError(28, "No space left on device", str(folder))

    monkeypatch.setattr(truth_files, "write_truth", full)
    status = command.main(
        ["--seed", str(SEED + 1), "--scale", str(SCALE), "--out", str(tmp_path / "registers")]
        + ["--statbank", str(tmp_path / "statbank"), "--truth", str(tmp_path / "truth")]
    )
    assert status == 1
    assert "No space left on device" in (said := capsys.readouterr().err) and "is as it was" in said
    assert hashes(tmp_path) == before
    assert not list((tmp_path / "registers").glob(".making-*"))


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="asks Linux for the children of a process")
@pytest.mark.parametrize(
    ("who", "number", "status", "sentence"),
    [
        ("command", signal.SIGINT, 130, "Interrupted. Nothing was written"),
        ("command", signal.SIGTERM, 143, "Interrupted. Nothing was written"),
        ("worker", signal.SIGKILL, 1, "A process was killed, perhaps because memory ran out. Nothing"),
    ],
)
def test_a_run_that_is_ended_leaves_what_was_there(single, tmp_path, who, number, status, sentence):
    out = tmp_path / "registers"
    (out / "bef").mkdir(parents=True)
    (out / "bef" / "bef_00.parquet").write_bytes((single / "registers/bef/bef_00.parquet").read_bytes())
    before = hashes(tmp_path)
    with subprocess.Popen(
        [sys.executable, "-m", "vfm.synthetic", "--scale", "2", "--out", str(out)]
        + ["--statbank", str(tmp_path / "statbank"), "--truth", str(tmp_path / "truth")],
        env={**os.environ, "PYTHONPATH": str(PROJECT)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=listen,
    ) as process:
        try:
            worker = worker_of(process.pid)
            os.kill(worker if who == "worker" else process.pid, number)
            said = process.stderr.read()
        finally:
            process.kill()  # only where the test itself failed is it still there
    assert process.returncode == status, said
    assert sentence in said and "Traceback" not in said
    assert hashes(tmp_path) == before
    assert not (tmp_path / "statbank").exists() and not list(out.glob(".making-*"))
    assert not Path(f"/proc/{worker}").exists()


def listen():
    """Hear Ctrl-C, which whoever runs the tests in the background does not."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def worker_of(pid, patience=120.0):
    """The process that makes worlds for a process, once it is at work."""
    deadline = time.monotonic() + patience
    while time.monotonic() < deadline:
        for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            if "spawn_main" in Path(f"/proc/{child}/cmdline").read_text():
                time.sleep(0.5)
                return int(child)
        time.sleep(0.1)
    raise AssertionError("no process was started")
