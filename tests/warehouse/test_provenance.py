"""Where a build came from."""

import os
import subprocess

import pytest

from vfm.warehouse import provenance
from vfm.warehouse.paths import PROJECT, accounts_folder, register_folder


@pytest.fixture
def registers(tmp_path):
    for name, content in [("bef/a.parquet", b"one"), ("bef/b.parquet", b"two"), ("dod/a.parquet", b"three")]:
        (tmp_path / "registers" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "registers" / name).write_bytes(content)
    return tmp_path / "registers"


def test_the_fingerprint_does_not_depend_on_place_or_date(registers, tmp_path):
    before = provenance.register_fingerprint(registers)
    registers.rename(tmp_path / "elsewhere")
    os.utime(tmp_path / "elsewhere/bef/a.parquet", (0, 0))
    assert provenance.register_fingerprint(tmp_path / "elsewhere") == before
    assert len(before) == 64


def changed_content(folder):
    (folder / "bef/a.parquet").write_bytes(b"0ne")


def swapped_contents(folder):
    (folder / "bef/a.parquet").write_bytes(b"two")
    (folder / "bef/b.parquet").write_bytes(b"one")


def moved_boundary(folder):
    (folder / "bef/a.parquet").write_bytes(b"onet")
    (folder / "bef/b.parquet").write_bytes(b"wo")


def renamed_part(folder):
    (folder / "bef/b.parquet").rename(folder / "bef/c.parquet")


def taken_away(folder):
    (folder / "bef/b.parquet").unlink()


@pytest.mark.parametrize(
    "change", [changed_content, swapped_contents, moved_boundary, renamed_part, taken_away]
)
def test_the_fingerprint_changes_with(change, registers):
    before = provenance.register_fingerprint(registers)
    change(registers)
    assert provenance.register_fingerprint(registers) != before


def test_the_fingerprint_leaves_out_what_is_no_register(registers):
    before = provenance.register_fingerprint(registers)
    (registers / "origin.json").write_text("{}")
    (registers / "bef/notes.txt").write_text("delivered late")
    assert provenance.register_fingerprint(registers) == before


def test_the_origin_is_what_origin_json_says_or_the_folders_name(registers):
    assert provenance.data_origin(registers) == "registers in folder registers"
    (registers / "origin.json").write_text('{"data_origin": "synthetic, seed 7"}')
    assert provenance.data_origin(registers) == "synthetic, seed 7"


@pytest.mark.parametrize("content", ["", "[]", "{}", "synthetic"])
def test_an_unusable_origin_is_an_error_that_names_the_file(content, registers):
    (registers / "origin.json").write_text(content)
    with pytest.raises(ValueError, match="origin.json"):
        provenance.data_origin(registers)


def git(folder, *arguments):
    identity = ["-c", "user.name=somebody", "-c", "user.email=somebody@example.org"]
    subprocess.run(["git", "-C", folder, *identity, *arguments], check=True, capture_output=True)


def test_the_commit_says_when_files_differ_from_it(tmp_path):
    assert provenance.git_commit(tmp_path) == "unknown"
    git(tmp_path, "init")
    assert provenance.git_commit(tmp_path) == "unknown", "no commit yet"
    (tmp_path / "file").write_text("1")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "first")
    clean = provenance.git_commit(tmp_path)
    assert len(clean) == 40
    (tmp_path / "file").write_text("2")
    assert provenance.git_commit(tmp_path) == clean + "+changes"


def test_a_folder_inside_another_repository_has_no_commit(tmp_path):
    git(tmp_path, "init")
    (tmp_path / "file").write_text("1")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-m", "first")
    (tmp_path / "unpacked").mkdir()
    assert provenance.git_commit(tmp_path / "unpacked") == "unknown"


def test_relative_register_folders_are_taken_from_the_projects_root(monkeypatch):
    monkeypatch.delenv("VFM_REGISTERS", raising=False)
    assert register_folder() == PROJECT / "seeds/registers"
    monkeypatch.setenv("VFM_REGISTERS", "delivery")
    assert register_folder() == PROJECT / "delivery"
    monkeypatch.setenv("VFM_REGISTERS", "/data/delivery")
    assert str(register_folder()) == "/data/delivery"


@pytest.fixture
def accounts(tmp_path):
    (tmp_path / "regk31.csv").write_text("one\n")
    (tmp_path / "labour_market.csv").write_text("two\n")
    return tmp_path


def test_the_origin_of_the_accounts_is_told_in_parts_where_the_parts_differ(accounts):
    assert provenance.accounts_origin(accounts) == "unknown"
    provenance.write_accounts_origin(accounts, "synthetic", {2008: "synthetic", 2007: "synthetic"})
    assert provenance.accounts_origin(accounts) == "synthetic"
    provenance.write_accounts_origin(
        accounts, "fetched", {2009: "synthetic", 2008: "fetched", 2007: "synthetic"}
    )
    assert provenance.accounts_origin(accounts) == "fetched; labour market 2007, 2009: synthetic"


def test_the_shipped_accounts_are_those_that_their_origin_was_written_beside():
    if provenance.git_commit().endswith("+changes"):
        pytest.skip("what lies here is not what is shipped")
    assert provenance.accounts_origin(accounts_folder()) == "synthetic, seed 20170601"


def test_other_accounts_beside_the_origin_are_of_unknown_origin(accounts):
    provenance.write_accounts_origin(accounts, "synthetic", {2007: "synthetic"})
    (accounts / "regk31.csv").write_text("0ne\n")
    assert provenance.accounts_origin(accounts) == "unknown"


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"accounts": "a", "labour_market": 1, "fingerprint": "f"}']
)
def test_an_unusable_origin_of_the_accounts_is_an_error_that_names_the_file(content, accounts):
    (accounts / "origin.json").write_text(content)
    with pytest.raises(ValueError, match="origin.json"):
        provenance.accounts_origin(accounts)
