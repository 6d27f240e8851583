"""docs/cookbook.md says what the queries of analyses/ answer; why it cannot be written is one sentence."""

from contextlib import closing

import duckdb
import pytest
from published_results import results_of_the_shipped_data

from vfm.pages import cookbook
from vfm.pages.writing import shipped_origin
from vfm.warehouse import published
from vfm.warehouse.paths import PROJECT

SHIPPED = shipped_origin()
QUESTIONS = cookbook.read_questions(PROJECT)


def test_there_are_at_least_twelve_questions_and_no_two_are_the_same():
    assert len(QUESTIONS) >= 12
    assert len({each.question for each in QUESTIONS}) == len(QUESTIONS)
    assert all(each.note for each in QUESTIONS)


@pytest.mark.parametrize("each", QUESTIONS, ids=lambda each: each.path)
def test_a_query_answers_in_rows(each):
    with results_of_the_shipped_data() as con:
        assert con.sql(each.sql).fetchall()


def test_the_page_says_what_the_queries_answer():
    with results_of_the_shipped_data() as con:
        page = PROJECT / "docs" / cookbook.PAGE
        assert page.read_text(encoding="utf-8") == cookbook.cookbook_page(con, QUESTIONS), (
            "make cookbook writes it anew"
        )


@pytest.fixture
def project(tmp_path):
    """A project with one question, one of whose two answers is withheld."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "analyses/report").mkdir(parents=True)
    (tmp_path / "analyses/report/how_many.sql").write_text(
        "-- How many?\n-- By year.\nselect * from report.counts order by year\n", encoding="utf-8"
    )
    return tmp_path


def publish(project, origin, table="counts"):
    """Write a small published file."""
    with closing(duckdb.connect(str(project / "vfm.duckdb"))) as con:
        con.execute("create schema meta")
        con.execute("create schema report")
        con.execute(
            "create table meta.build_info as select ? as data_origin, ? as accounts_origin", [origin, origin]
        )
        con.execute(
            f"create table report.{table} as from (values (2014, 1234.50, true), (2015, null, false)) "
            "as rows (year, persons, settled)"
        )
    return project / "vfm.duckdb"


def test_a_null_is_shown_as_withheld(project):
    written = cookbook.write_cookbook(publish(project, SHIPPED), project, project / "build")
    assert written == project / "docs/cookbook.md"
    text = written.read_text(encoding="utf-8")
    assert f"Data: **{SHIPPED}**" in text
    assert "### How many?\nBy year.\n" in text
    assert "| 2014 | 1234.50 | yes |\n| 2015 | withheld | no |\n" in text


@pytest.mark.parametrize("origin", ["synthetic, seed 1", "registers in folder delivery"])
def test_the_answers_about_other_data_stay_out_of_docs(project, origin):
    written = cookbook.write_cookbook(publish(project, origin), project, project / "build")
    assert written == project / "build/cookbook.md"
    assert written.stat().st_mode & 0o077 == written.parent.stat().st_mode & 0o077 == 0
    text = written.read_text(encoding="utf-8")
    assert f"Data: **{origin}**" in text
    assert ("simulated" in text) == origin.startswith("synthetic")


def test_numbers_are_shown_as_the_query_rounds_them():
    values = [1.325, 60552.0, -0.0, 3675, 0.04]
    assert [cookbook.value_text(value, "x") for value in values] == ["1.325", "60,552", "0", "3,675", "0.04"]
    assert cookbook.value_text(2015, "year") == "2015"


def test_the_numbers_of_a_column_have_as_many_decimals():
    column = [1.2, 1.12, None, -0.0, 60552.0]
    assert cookbook.decimals_needed(column) == 2
    assert [cookbook.value_text(value, "x", 2) for value in column] == [
        *("1.20", "1.12", "withheld", "0.00", "60,552.00")
    ]
    assert cookbook.decimals_needed([3, None]) == cookbook.decimals_needed([60552.0]) == 0
    assert [cookbook.value_text(value, "x", 2) for value in (3, "a", True)] == ["3", "a", "yes"]


def test_a_query_that_does_not_ask_is_refused(project):
    (project / "analyses/report/how_many.sql").write_text("select 1\n", encoding="utf-8")
    with pytest.raises(ValueError, match="analyses/report/how_many.sql must begin with its question"):
        cookbook.read_questions(project)


def test_a_file_without_a_table_is_of_another_version(project):
    results = publish(project, SHIPPED, table="other")
    with pytest.raises(published.UnreadableError, match=r"analyses/report/how_many\.sql reads .*make build"):
        cookbook.write_cookbook(results, project, project / "build")
    assert not (project / "docs/cookbook.md").exists()


def test_what_cannot_be_opened_is_said_in_one_sentence(tmp_path):
    results = tmp_path / "vfm.duckdb"
    with pytest.raises(published.UnreadableError, match=r"^There is no vfm\.duckdb: make build writes it\.$"):
        published.connect(results)
    duckdb.connect(str(results)).close()
    with pytest.raises(published.UnreadableError, match=r"^vfm\.duckdb has no meta\.build_info: it is of"):
        published.connect(results)
    results.write_text("no database")
    with pytest.raises(published.UnreadableError, match=r"^vfm\.duckdb cannot be opened \(") as raised:
        published.connect(results)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("make", "sentence"),
    [
        (lambda path: None, "There is no vfm.duckdb: make build writes it."),
        (
            lambda path: duckdb.connect(str(path)).close(),
            "vfm.duckdb has no meta.build_info: it is of another",
        ),
        (lambda path: publish(path.parent, SHIPPED), "vfm.duckdb has no table or column that analyses/"),
        (lambda path: path.write_text("no database"), "vfm.duckdb cannot be opened ("),
    ],
    ids=["none", "old", "older", "damaged"],
)
def test_the_command_says_one_sentence_and_ends_with_1(tmp_path, monkeypatch, capsys, make, sentence):
    make(tmp_path / "vfm.duckdb")
    monkeypatch.setenv("VFM_RESULTS", str(tmp_path / "vfm.duckdb"))
    monkeypatch.setenv("VFM_BUILD", str(tmp_path / "build"))
    page = (PROJECT / "docs" / cookbook.PAGE).read_bytes()
    assert cookbook.main() == 1
    said = capsys.readouterr()
    assert said.out == "" and said.err.startswith(sentence) and said.err.count("\n") == 1
    assert not (tmp_path / "build").exists()
    assert (PROJECT / "docs" / cookbook.PAGE).read_bytes() == page


def test_a_published_file_is_read_only_and_shut_off(project):
    with closing(published.connect(publish(project, SHIPPED))) as con:
        with pytest.raises(duckdb.InvalidInputException, match="read-only"):
            con.execute("create table report.mine as select 1")
        with pytest.raises(duckdb.PermissionException):
            con.execute(f"from read_text('{project}/analyses/report/how_many.sql')")
