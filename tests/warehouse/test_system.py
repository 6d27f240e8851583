"""What Windows refuses is simulated call by call: nothing is lost, and one sentence says what to do."""

import io
import os
import sys

import pytest

from vfm.pages import writing
from vfm.warehouse import publish, system


def refusal(number):
    problem = PermissionError(13, "Permission denied")
    problem.winerror = number
    return problem


@pytest.fixture
def held(monkeypatch):
    """Let os.replace be refused as by Windows, a number of times; returns how to say how often."""
    real, left = os.replace, []

    def refusing(new, old):
        if left:
            raise left.pop()
        real(new, old)

    def refuse(times, number=32):
        left[:] = [refusal(number) for _ in range(times)]

    monkeypatch.setattr(os, "replace", refusing)
    monkeypatch.setattr(system, "PAUSE_SECONDS", 0.001)
    return refuse


@pytest.fixture
def files(tmp_path):
    new, old = tmp_path / "vfm.duckdb.new", tmp_path / "vfm.duckdb"
    new.write_text("new", encoding="utf-8")
    old.write_text("old", encoding="utf-8")
    return new, old


@pytest.mark.parametrize("number", system.HELD_ERRORS)
def test_a_file_that_is_held_is_waited_for(held, files, number):
    held(3, number)
    system.replace(*files, patience=5)
    assert files[1].read_text(encoding="utf-8") == "new" and not files[0].exists()


def test_a_file_that_stays_held_is_a_sentence_and_nothing_is_lost(held, files):
    held(10_000)
    with pytest.raises(system.HeldError, match=r"vfm\.duckdb is open in another program.* close it there"):
        system.replace(*files, patience=0.02)
    assert [file.read_text(encoding="utf-8") for file in files] == ["new", "old"]


def test_another_refusal_is_not_waited_for(monkeypatch, files):
    calls = []

    def refuse(new, old):
        calls.append(new)
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(PermissionError, match="Operation not permitted"):
        system.replace(*files)
    assert len(calls) == 1


def test_a_published_file_that_is_held_stays_and_the_build_says_so(held, files, monkeypatch):
    monkeypatch.setattr(system, "PATIENCE_SECONDS", 0.0)
    held(10_000)
    new, old = files
    new.unlink()
    with pytest.raises(publish.NotPublishedError, match=r"vfm\.duckdb is open in another program"):
        publish.put_in_place(old, 0o644, lambda path: path.write_text("made", encoding="utf-8"))
    assert old.read_text(encoding="utf-8") == "old"
    assert [path.name for path in old.parent.iterdir()] == ["vfm.duckdb"]


def test_a_page_that_is_held_stays(held, tmp_path, monkeypatch):
    monkeypatch.setattr(system, "PATIENCE_SECONDS", 0.0)
    page = tmp_path / "index.html"
    page.write_text("old", encoding="utf-8")
    held(10_000)
    with pytest.raises(OSError, match="open in another program"):
        writing.replace_whole(page, b"new")
    assert page.read_text(encoding="utf-8") == "old"


def test_where_permissions_cannot_be_set_it_is_said(tmp_path, monkeypatch):
    folder = tmp_path / "build"
    folder.mkdir(mode=0o755)
    assert system.permissions_note() is None and system.restrict_to_owner(folder)
    assert folder.stat().st_mode & 0o777 == 0o700
    folder.chmod(0o755)
    monkeypatch.setattr(system, "is_windows", lambda: True)
    assert not system.restrict_to_owner(folder) and folder.stat().st_mode & 0o777 == 0o755
    assert "only you may read" in system.permissions_note()


def test_a_console_without_a_sign_writes_a_question_mark(monkeypatch):
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="cp437"))
    system.tolerant_console()
    print("Ærø: \N{MINUS SIGN}1", flush=True)
    assert written.getvalue().decode("cp437").strip().endswith("?1")


def test_folders_with_spaces_and_a_drive_are_one_path(files, tmp_path):
    folder = tmp_path / "C drive" / "my results"
    folder.mkdir(parents=True)
    system.replace(files[0], folder / "vfm.duckdb")
    assert (folder / "vfm.duckdb").read_text(encoding="utf-8") == "new"
