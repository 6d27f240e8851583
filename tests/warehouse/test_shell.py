"""make sql answers questions, says what is wrong, writes nothing and reads no other file."""

import os
import subprocess
import sys
from contextlib import closing

import duckdb
import pytest
from published_results import results_of_the_shipped_data

from vfm.privacy.declarations import SCHEMAS
from vfm.warehouse import shell


@pytest.fixture
def results(tmp_path):
    """A small published file."""
    path = tmp_path / "vfm.duckdb"
    with closing(duckdb.connect(str(path))) as con:
        con.execute("create schema meta")
        con.execute(
            "create table meta.build_info as select 'synthetic, seed 1' as data_origin, "
            "'synthetic, seed 1' as accounts_origin"
        )
    return path


def ask(results, statements):
    """Run the shell on statements, as `make sql` does on what is typed."""
    return subprocess.run(
        [sys.executable, "-m", "vfm.warehouse.shell"],
        input=statements,
        env={**os.environ, "VFM_RESULTS": str(results), "HOME": str(results.parent)},
        capture_output=True,
        text=True,
        timeout=60,
    )


def test_a_statement_of_two_lines_is_answered_and_the_data_named(results):
    said = ask(results, ".mode csv\nselect data_origin\nfrom meta.build_info;\n")
    assert said.stdout.splitlines() == ["data_origin", '"synthetic, seed 1"']
    assert said.stderr.startswith("vfm.duckdb: synthetic, seed 1. Read-only.")
    assert said.returncode == 0


@pytest.mark.parametrize("statement", [".tables", "show tables;"])
def test_the_tables_are_listed(results, statement):
    assert "build_info" in ask(results, f"{statement}\n").stdout


def test_a_table_is_found_without_its_schema(results):
    assert ask(results, ".mode list\nselect count(*) from build_info;\n").stdout.split()[-1] == "1"


def test_it_opens_with_what_there_is_and_three_questions(results):
    said = ask(results, "").stderr
    assert "  meta           1 table   municipalities, terms" in said and "benchmark  " not in said
    assert all(f"  -- {question}\n  {statement}\n" in said for question, statement in shell.QUESTIONS.items())


def test_every_schema_is_explained():
    assert tuple(shell.ABOUT) == SCHEMAS


@pytest.mark.parametrize("statement", shell.QUESTIONS.values(), ids=shell.QUESTIONS)
def test_the_three_questions_are_answered(statement):
    with results_of_the_shipped_data() as con:
        con.execute(f"set search_path = '{','.join(SCHEMAS)}'")
        assert con.sql(statement).fetchall()


def test_an_error_is_said_and_the_shell_goes_on(results):
    said = ask(results, ".mode csv\nselect nothing_such;\nselect 6 * 7 as answer;\n")
    assert "nothing_such" in said.stderr
    assert said.stdout.split() == ["answer", "42"]


@pytest.mark.parametrize(
    "statement",
    [
        "create table meta.mine as select 1;",
        "update meta.build_info set data_origin = 'real';",
        "from read_text('{folder}/other.txt');",
        "copy (select 1) to '{folder}/written.csv';",
        "attach '{folder}/written.duckdb';",
        "install httpfs;",
        "set enable_external_access = true;",
        ".shell touch {folder}/written",
        ".output {folder}/written",
        ".open {folder}/written.duckdb",
    ],
)
def test_nothing_is_written_and_no_other_file_is_read(results, statement):
    (results.parent / "other.txt").write_text("a secret")
    before = results.read_bytes()
    said = ask(results, statement.format(folder=results.parent) + "\n")
    assert said.returncode != 0 and "secret" not in said.stdout
    assert results.read_bytes() == before
    assert sorted(path.name for path in results.parent.iterdir()) == ["other.txt", "vfm.duckdb"]


def test_without_a_published_file_there_is_no_shell(tmp_path):
    said = ask(tmp_path / "vfm.duckdb", "select 1;\n")
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr == "There is no vfm.duckdb: make build writes it.\n"


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (
            lambda path: duckdb.connect(str(path)).close(),
            "vfm.duckdb has no meta.build_info: it is of another",
        ),
        (lambda path: path.write_text("no database"), "vfm.duckdb cannot be opened ("),
    ],
    ids=["old", "damaged"],
)
def test_a_file_that_cannot_be_read_is_said_in_one_sentence(tmp_path, make, sentence):
    make(tmp_path / "vfm.duckdb")
    said = ask(tmp_path / "vfm.duckdb", "select 1;\n")
    assert (said.returncode, said.stdout) == (1, "")
    assert said.stderr.startswith(sentence) and said.stderr.count("\n") == 1
