"""Pages are compared with the ids of the warehouse before they are put in place."""

import duckdb
import pytest

from vfm.pages import writing
from vfm.privacy import leaks

IDS = ["Q0000004CF8F", "24681357", "a1b2c3", "000007654321"]


@pytest.fixture
def build(tmp_path):
    """A build folder with a warehouse that knows four persons."""
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as con:
        con.execute("create schema staging")
        con.execute("create table staging.stg_registers__population (person_id text)")
        con.executemany("insert into staging.stg_registers__population values (?)", [[id] for id in IDS])
    return tmp_path


def published():
    """A published file of data that the project does not come with."""
    con = duckdb.connect()
    con.execute("create schema meta")
    con.execute("create table meta.build_info as select 'ours' as data_origin, 'ours' as accounts_origin")
    return con


HOLDS = [
    "<td>Q0000004CF8F</td>",
    '{"person": "q0000004cf8f"}',
    '{"k": [17,24681357,18]}',
    "of person 24681357.",
    "A1B2C3, and others",
    "7654321",
    "person24681357",
    "#p24681357x",
    "24681357a",
    "id007654321er",
]
CLEAN = [
    *("0.24681357", "1.7654321e-05", "p124681357", "p246813570x", "Q0000004CF8", "a1b2c", "2011 101 4711"),
    *("", "population Ærø"),
]


@pytest.mark.parametrize("text", HOLDS)
def test_a_page_with_an_id_is_not_written_and_the_old_one_stays(build, text):
    (build / "page.md").write_text("old")
    with published() as con:
        with pytest.raises(leaks.LeakError) as refused:
            writing.put_page(con, f"# A page\n{text}\n", build, build, "page.md")
    assert str(refused.value) == "page.md was not written: 1 of its words are ids of persons."
    assert (build / "page.md").read_text() == "old"
    assert sorted(path.name for path in build.iterdir()) == ["page.md", "warehouse.duckdb"]


@pytest.mark.parametrize("text", CLEAN)
def test_a_page_without_one_is_written(build, text):
    with published() as con:
        assert writing.put_page(con, text, build, build, "page.md").read_text() == text


def test_words_of_code_are_not_compared(build):
    warehouse = build / "warehouse.duckdb"
    assert leaks.refuse_ids({"page": "var x = 24681357;"}, warehouse, code="x=24681357")
    with pytest.raises(leaks.LeakError, match="page was not written"):
        leaks.refuse_ids({"page": "24681357, A1B2C3"}, warehouse, code="x=24681357")


def test_without_a_warehouse_nothing_is_compared_and_the_caller_is_told(tmp_path):
    assert not leaks.refuse_ids({"page": IDS[0]}, tmp_path / "warehouse.duckdb")


def test_a_warehouse_that_cannot_be_read_is_no_reason_to_write(tmp_path):
    (tmp_path / "warehouse.duckdb").write_text("not a database at all")
    with pytest.raises(leaks.LeakError, match="Nothing was written: warehouse.duckdb cannot be read"):
        leaks.refuse_ids({"page": ""}, tmp_path / "warehouse.duckdb")
