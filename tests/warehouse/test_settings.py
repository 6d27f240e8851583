"""What the environment says about memory, threads, spill folder and accounts is taken or refused."""

import os
import shutil
from types import SimpleNamespace

import duckdb
import pytest

from vfm.warehouse import dbt_sql, machine, settings
from vfm.warehouse.paths import PROJECT, accounts_folder


@pytest.fixture(autouse=True)
def none_set(monkeypatch):
    for name in ("VFM_MEMORY_LIMIT", "VFM_THREADS", "VFM_SPILL", "VFM_STATBANK"):
        monkeypatch.delenv(name, raising=False)


def test_by_default_duckdb_takes_half_of_the_memory_and_spills_in_the_build_folder(tmp_path):
    config = settings.duckdb_config(tmp_path)
    with duckdb.connect() as con:
        (own,) = con.execute("select current_setting('memory_limit')").fetchone()
    assert config.keys() == {"memory_limit", "temp_directory"}
    assert config["temp_directory"] == str(tmp_path / "spill")
    assert settings.megabytes(config["memory_limit"]) == pytest.approx(
        settings.megabytes(own) * 0.5 / 0.8, rel=0.01
    )


@pytest.mark.parametrize("name", ["VFM_MEMORY_LIMIT", "VFM_THREADS", "VFM_SPILL", "VFM_STATBANK"])
def test_an_empty_switch_is_none(monkeypatch, tmp_path, name):
    default = settings.duckdb_config(tmp_path), settings.accounts()
    monkeypatch.setenv(name, "")
    assert (settings.duckdb_config(tmp_path), settings.accounts()) == default


def test_duckdb_takes_the_settings(monkeypatch, tmp_path):
    monkeypatch.setenv("VFM_MEMORY_LIMIT", "1.5 GiB")
    monkeypatch.setenv("VFM_THREADS", "3")
    monkeypatch.setenv("VFM_SPILL", str(tmp_path / "disk"))
    config = settings.duckdb_config(tmp_path)
    with duckdb.connect(str(tmp_path / "x.duckdb"), config=config) as con:
        taken = con.execute(
            "select columns(*) from (select current_setting('memory_limit'), current_setting('threads'))"
        ).fetchone()
    assert taken == ("1.5 GiB", 3)
    assert os.path.dirname(config["temp_directory"]) == str(tmp_path / "disk")
    assert os.stat(config["temp_directory"]).st_mode & 0o077 == 0


@pytest.mark.parametrize("size", ["8GB", "8 gb", "300MB", "256 MiB", "0.5TB"])
def test_sizes_that_are_taken(monkeypatch, size):
    monkeypatch.setenv("VFM_MEMORY_LIMIT", size)
    assert settings.limits() == {"memory_limit": size}
    with duckdb.connect(config=settings.limits()):
        pass


@pytest.mark.parametrize("size", ["8", "GB", "-8GB", "8GB!", "1MB", "50%", "8G", "9999KB"])
def test_sizes_that_are_refused(monkeypatch, size):
    monkeypatch.setenv("VFM_MEMORY_LIMIT", size)
    with pytest.raises(machine.BuildError, match=f"^VFM_MEMORY_LIMIT is {size}: give a size .* See docs/"):
        settings.limits()


@pytest.mark.parametrize("number", ["0", "-1", "1.5", "two", "12345"])
def test_threads_that_are_refused(monkeypatch, number):
    monkeypatch.setenv("VFM_THREADS", number)
    with pytest.raises(
        machine.BuildError, match=f"^VFM_THREADS is {number}: give a whole number .* See docs/"
    ):
        settings.limits()


def test_builds_share_a_disk_and_not_a_spill_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("VFM_SPILL", str(tmp_path / "disk"))
    assert settings.spill(tmp_path / "one") != settings.spill(tmp_path / "other")
    assert settings.spill(tmp_path / "one") == settings.spill(tmp_path / "x" / ".." / "one")


def test_a_spill_folder_that_somebody_laid_out_is_refused(monkeypatch, tmp_path):
    monkeypatch.setenv("VFM_SPILL", str(tmp_path / "disk"))
    own = settings.spill(tmp_path)
    own.rmdir()
    own.symlink_to(tmp_path)
    with pytest.raises(machine.BuildError, match="is not a folder of yours: set VFM_SPILL"):
        settings.spill(tmp_path)


def test_other_accounts(monkeypatch, tmp_path):
    other = shutil.copytree(PROJECT / "seeds/statbank", tmp_path / "statbank")
    monkeypatch.setenv("VFM_STATBANK", str(other))
    assert settings.accounts() == accounts_folder() == other


@pytest.mark.parametrize(
    ("said", "seed", "expected"),
    [
        ("", "seeds/statbank/regk31.csv", "/house/seeds/statbank/regk31.csv"),
        ("build/s", "seeds/statbank/regk31.csv", "/house/build/s/regk31.csv"),
        ("/other", "seeds/statbank/regk31.csv", "/other/regk31.csv"),
        ("/other", "seeds/classifications/countries.csv", "/house/seeds/classifications/countries.csv"),
    ],
)
def test_the_file_of_a_seed(monkeypatch, said, seed, expected):
    monkeypatch.setenv("VFM_STATBANK", said)
    node = SimpleNamespace(root_path="/house", original_file_path=seed)
    assert dbt_sql.macro("seed_file", node) == expected


@pytest.mark.parametrize(("change", "says"), [("gone", "No such file"), ("heading", "other headings")])
def test_accounts_that_cannot_stand_in(monkeypatch, tmp_path, change, says):
    other = shutil.copytree(PROJECT / "seeds/statbank", tmp_path / "statbank")
    table = other / "regk31.csv"
    if change == "gone":
        table.unlink()
    else:
        table.write_text(table.read_text("utf-8").replace("INDHOLD", "BELOEB", 1), "utf-8")
    monkeypatch.setenv("VFM_STATBANK", str(other))
    with pytest.raises(machine.BuildError, match=rf"^VFM_STATBANK is .*regk31.csv .*{says}.* See docs/"):
        settings.accounts()
