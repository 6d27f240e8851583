"""docs/reproduction.md says what the published tables say; of other data nothing is written into docs/."""

from contextlib import closing

import duckdb
import pytest

from vfm.pages import reproduction
from vfm.pages.writing import page_path, shipped_origin
from vfm.warehouse import provenance, published
from vfm.warehouse.paths import PROJECT

RESULTS = published.results()


def test_the_page_says_what_the_published_tables_say():
    if not RESULTS.exists():
        pytest.skip("nothing is published yet")
    with closing(duckdb.connect(str(RESULTS), read_only=True)) as con:
        (fingerprint,) = con.execute("select register_fingerprint from meta.build_info").fetchone()
        page = PROJECT / "docs" / reproduction.PAGE
        if page_path(con, PROJECT, RESULTS.parent, reproduction.PAGE) != page:
            pytest.skip("the published results are not of the data that the project comes with")
        if fingerprint != provenance.register_fingerprint(PROJECT / "seeds/registers"):
            pytest.skip("the published results are from other registers than the project's")
        assert page.read_text(encoding="utf-8") == reproduction.reproduction_page(con)


@pytest.fixture
def project(tmp_path):
    """A project with a page and a small published file of three cells."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "build").mkdir()
    (tmp_path / "seeds/published").mkdir(parents=True)
    (tmp_path / "seeds/published/published_errata.csv").write_text(
        "report_item,row_label,measure,corrected,is_set_aside,note\n"
        'table_2_1,"men, left",spells,3,true,Printed 28.\n',
        encoding="utf-8",
    )
    (tmp_path / "docs" / reproduction.PAGE).write_text("as it was\n", encoding="utf-8")
    return tmp_path


def publish(project, origin):
    """Write the small published file."""
    results = project / "vfm.duckdb"
    results.unlink(missing_ok=True)
    with closing(duckdb.connect(str(results))) as con:
        con.execute("create schema report")
        con.execute("create schema meta")
        con.execute(
            "create table meta.build_info as select ? as data_origin, ? as accounts_origin", [origin, origin]
        )
        con.execute(
            """
            create table report.published_comparison as
            from (values
                ('table_2_1', 'men, left', 'Leaves, Men', 'men, left: spells', 'spells',
                    3.0, 9.0, 6.0, 2.0, false, true, 'Printed 28.'),
                ('table_2_1', 'women, left', 'Leaves, Women', 'women, left: spells', 'spells',
                    418.0, 430.5, 12.5, 5.0, false, false, null),
                ('table_2_1', 'all, left', 'Leaves, Total', 'all, left: spells', 'spells',
                    868.0, null, null, 17.36, false, false, 'Not compared.')
            ) as cells (
                report_item, row_label, label_en, cell, measure,
                published, rebuilt, difference, tolerance, within_tolerance, is_set_aside, note
            )
            """
        )
        con.execute(
            """
            create table report.comparison_summary as
            select
                'table_2_1' as report_item, 3 as cells, 0 as within_tolerance, 1 as set_aside,
                1 as not_compared
            """
        )
        con.execute(
            """
            create table report.published_criteria as
            select
                'table_2_1' as report_item, 'table_2_1_counts' as criterion, 'Outside' as statement,
                2.0 as measured, null::double as lower_limit, 0.0 as upper_limit, false as is_met,
                null as note
            """
        )
    return results


def test_the_page_of_the_shipped_data_goes_into_docs(project):
    written = reproduction.write_reproduction(publish(project, shipped_origin()), project, project / "build")
    assert written == project / "docs" / reproduction.PAGE
    text = written.read_text(encoding="utf-8")
    assert "**synthetic**" in text and "$" not in text
    assert "0 of 1 are met" in text
    assert "| Table 2.1 (1 outside) | Leaves, Women: spells | 418 | 430.5 | 5 | 2.5 |" in text
    assert "| Table 2.1 | men, left: spells | 3 | yes | Printed 28. |" in text
    before = written.stat().st_mtime_ns
    reproduction.write_reproduction(project / "vfm.duckdb", project, project / "build")
    assert written.stat().st_mtime_ns == before


@pytest.mark.parametrize("origin", ["registers in folder delivery", "synthetic, seed 1"])
def test_the_page_of_other_data_stays_out_of_docs(project, origin):
    written = reproduction.write_reproduction(publish(project, origin), project, project / "build")
    assert written == project / "build" / reproduction.PAGE
    assert (project / "docs" / reproduction.PAGE).read_text(encoding="utf-8") == "as it was\n"
    assert ("**synthetic**" in written.read_text(encoding="utf-8")) == origin.startswith("synthetic")


def test_a_file_without_a_comparison_has_no_page(tmp_path):
    duckdb.connect(str(tmp_path / "vfm.duckdb")).close()
    assert reproduction.write_reproduction(tmp_path / "vfm.duckdb", tmp_path, tmp_path) is None


def test_numbers_are_written_for_a_person():
    written = [
        reproduction.number_text(x) for x in (None, 0.0, -0.00001, 0.0254, 12.5, 17.36, 309.04, 83536.4, 41.0)
    ]
    assert written == ["", "0", "0", "0.0254", "12.5", "17.36", "309", "83,536", "41"]


def test_items_are_named_as_in_print():
    names = [
        reproduction.item_name(item)
        for item in ("appendix_table_5_1", "table_2_1_durations", "further_results")
    ]
    assert names == ["Appendix table 5.1", "Table 2.1, durations", "Further results"]
