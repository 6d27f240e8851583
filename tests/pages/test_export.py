"""The export holds what is published, with words, and says in one sentence why it cannot be written."""

import json
from contextlib import closing
from datetime import datetime
from types import SimpleNamespace

import duckdb
import openpyxl
import pytest
from frictionless import Package

from vfm.pages.export import __main__ as export
from vfm.pages.export import content, package, workbook
from vfm.privacy import leaks
from vfm.warehouse import published
from vfm.warehouse.paths import PROJECT, Paths


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """An export of the published results."""
    if not published.results().exists():
        pytest.skip("nothing is published yet")
    folder = tmp_path_factory.mktemp("written") / "export"
    paths = Paths.from_environment(PROJECT)
    export.write_export(paths, folder)
    return folder


@pytest.fixture(scope="module")
def book(written):
    return openpyxl.load_workbook(written / export.WORKBOOK)


@pytest.fixture(scope="module")
def tables():
    """{schema.table: Table} of the published results."""
    if not published.results().exists():
        pytest.skip("nothing is published yet")
    with closing(published.connect(published.results())) as con:
        return {table.name: table for table in content.published_tables(con)}


def test_every_sheet_has_its_table_and_every_column_its_words(tables):
    named = set()
    for sheet in content.sheets():
        assert len(sheet.name) <= 31 and all(sheet.titles)
        columns = {column.name for column in tables[sheet.table].columns}
        assert content.vocabulary()["left_out"].get(sheet.name, []) == [
            name for name in content.vocabulary()["left_out"].get(sheet.name, []) if name in columns
        ]
        for column in columns - sheet.left_out:
            named.add(column)
            danish, english = content.column_words(column)
            assert danish and english
    assert set(content.vocabulary()["columns"]) <= named, "words of no column"


def test_every_table_of_the_report_has_a_sheet(tables):
    printed = {name for name in tables if name.startswith(("report.table_", "report.figure_", "report.app"))}
    assert printed <= {sheet.table for sheet in content.sheets()}


def test_the_workbook_holds_the_published_numbers_as_numbers(book, tables):
    """And nothing where nothing is published: a withheld cell is empty."""
    numbers = 0
    for sheet in content.sheets():
        page, table = book[sheet.name], tables[sheet.table]
        shown = [(at, each) for at, each in enumerate(table.columns) if each.name not in sheet.left_out]
        heads = [cell.value for cell in page[workbook.FIRST_ROW]]
        assert heads == [column.name for _, column in shown], sheet.name
        first = workbook.FIRST_ROW + 1
        rows = list(page.iter_rows(min_row=first, max_col=len(shown), values_only=True))
        assert len(rows) == len(table.rows) or (not table.rows and not any(map(any, rows)))
        for row, told in zip(table.rows, rows, strict=False):
            for (at, column), cell in zip(shown, told, strict=True):
                if column.kind in ("VARCHAR", "TIMESTAMP", "TIMESTAMP WITH TIME ZONE"):
                    continue
                numbers += cell is not None
                assert cell is None if row[at] is None else cell == pytest.approx(row[at], rel=1e-14), (
                    f"{sheet.name}.{column.name}"
                )
    assert numbers > 30_000


def test_an_empty_cell_is_grey_and_the_sheet_says_why(book, tables):
    page = book["observed"]
    at = [column.name for column in tables["benchmark.observed_durations"].columns].index("successes")
    empty = [
        row for row, values in enumerate(tables["benchmark.observed_durations"].rows) if values[at] is None
    ]
    assert empty, "the shipped registers have withheld cells"
    cell = page.cell(row=workbook.FIRST_ROW + 1 + empty[0], column=at + 1)
    assert cell.value is None and cell.fill.fgColor.rgb.endswith(workbook.GREY[1:])
    assert "skjult (få personer) / withheld (few persons)" in page["A4"].value


def test_codes_keep_their_zeros(book):
    page = book["accounts"]
    heads = [cell.value for cell in page[workbook.FIRST_ROW]]
    assert page.cell(row=workbook.FIRST_ROW + 1, column=heads.index("grouping") + 1).value == "001"


def test_the_first_sheet_leads_to_every_other(book):
    page = book[workbook.CONTENTS]
    links = {cell.value for row in page.iter_rows() for cell in row if cell.hyperlink}
    assert links == {sheet.name for sheet in content.sheets()}


def test_the_package_is_one_and_every_row_fits_its_schema(written):
    report = Package(str(written / export.FILES / package.DESCRIPTOR)).validate()
    assert report.valid, report.flatten(["name", "fieldName", "message"])[:5]


def test_the_package_describes_every_table_and_column(written, tables):
    described = json.loads((written / export.FILES / package.DESCRIPTOR).read_text(encoding="utf-8"))
    assert {resource["title"] for resource in described["resources"]} == set(tables)
    assert described["licenses"][0]["name"] == "MIT"
    for resource in described["resources"]:
        assert resource["description"] and all(each["description"] for each in resource["schema"]["fields"])
    indicators = next(
        each for each in described["resources"] if each["title"] == "benchmark.benchmark_indicators"
    )
    units = {each["name"]: each.get("unit") for each in indicators["schema"]["fields"]}
    assert units["observed_mean_duration_weeks"] == "weeks"
    assert indicators["schema"]["primaryKey"] == ["municipality_code"]
    assert sum("primaryKey" in each["schema"] for each in described["resources"]) > 60


def test_the_files_hold_what_is_published_and_no_number_more(written, tables):
    """Read again, a CSV is its table."""
    with duckdb.connect() as con:
        for name, table in tables.items():
            path = written / export.FILES / f"{name.replace('.', '/')}.csv"
            kinds = {column.name: column.kind for column in table.columns}
            read = con.execute(
                "from read_csv(?, header = true, columns = ?, nullstr = '')", [str(path), kinds]
            ).fetchall()
            without_time = [
                tuple(each.replace(microsecond=0) if isinstance(each, datetime) else each for each in row)
                for row in table.rows
            ]
            assert read == without_time, name


@pytest.mark.parametrize(
    ("value", "text"),
    [
        *((None, ""), (True, "true"), (False, "false"), (3, "3"), (0.1, "0.1"), ("001", "001")),
        *((float("inf"), "INF"), (float("-inf"), "-INF"), (float("nan"), "NaN")),
        (datetime(2026, 11, 30, 1, 2, 3, 4), "2026-11-30T01:02:03"),
    ],
)
def test_a_value_is_written_as_the_schema_reads_it(value, text):
    assert package.cell_text(value) == text


@pytest.mark.parametrize(
    ("name", "kind", "values", "pattern"),
    [
        ("x", "DOUBLE", [1.25, None, 3.0], "#,##0.00"),
        ("x", "DOUBLE", [1.0, 20.0], "#,##0"),
        ("x", "DOUBLE", [0.123456], "General"),
        ("spent_dkk", "DOUBLE", [1.25], "#,##0"),
        ("spells", "BIGINT", [1000], "#,##0"),
        ("year", "INTEGER", [2015], "0"),
    ],
)
def test_numbers_are_shown_with_the_decimals_they_have(name, kind, values, pattern):
    assert workbook.number_pattern(content.Column(name, kind, ""), values) == pattern


@pytest.fixture
def paths(tmp_path, monkeypatch):
    """A project with a small published file, and a workbook of one sheet."""
    with closing(duckdb.connect(str(tmp_path / "vfm.duckdb"))) as con:
        con.execute(
            """
            create schema meta;
            create table meta.build_info as select timestamp '2026-11-30 10:00:00' as built_at,
                'synthetic, seed 1' as data_origin, 'synthetic, seed 1' as accounts_origin,
                'abc' as git_commit;
            comment on table meta.build_info is 'What was built.';
            """
        )
    sheet = content.Sheet("build", "meta.build_info", ("Bygget", "Built"), frozenset())
    monkeypatch.setattr(workbook, "sheets", lambda: [sheet])
    return Paths(project=tmp_path, build=tmp_path / "build", results=tmp_path / "vfm.duckdb")


def said(paths, monkeypatch, capsys, *arguments):
    """What the command ends with and says on standard error."""
    monkeypatch.setattr(export, "Paths", SimpleNamespace(from_environment=lambda project: paths))
    return export.main([*arguments]), capsys.readouterr().err


def test_an_export_takes_the_place_of_an_earlier_one(paths, monkeypatch, capsys):
    assert said(paths, monkeypatch, capsys)[0] == 0
    (paths.project / "export/csv/old.csv").touch()
    assert said(paths, monkeypatch, capsys) == (0, "")
    folder = paths.project / "export"
    assert sorted(path.name for path in folder.rglob("*") if path.is_file()) == [
        *("build_info.csv", "datapackage.json", "value_for_money.xlsx")
    ]
    assert sorted(path.name for path in paths.project.iterdir()) == ["export", "vfm.duckdb"]


@pytest.mark.parametrize("owner", export.OWNERS)
def test_a_workbook_that_is_open_is_not_written_over(paths, monkeypatch, capsys, owner):
    assert said(paths, monkeypatch, capsys)[0] == 0
    (paths.project / "export" / owner).touch()
    before = (paths.project / "export/value_for_money.xlsx").stat().st_mtime_ns
    status, sentence = said(paths, monkeypatch, capsys)
    assert status == 1 and sentence.count("\n") == 1
    assert sentence.startswith("value_for_money.xlsx is open in Excel or LibreOffice: close it there")
    assert (paths.project / "export/value_for_money.xlsx").stat().st_mtime_ns == before


def test_a_workbook_that_windows_holds_is_not_replaced(paths, monkeypatch, capsys):
    assert said(paths, monkeypatch, capsys)[0] == 0

    def held(*_):
        raise PermissionError(13, "The process cannot access the file")

    (paths.project / "export/csv/marked.csv").touch()
    monkeypatch.setattr(export.os, "replace", held)
    status, sentence = said(paths, monkeypatch, capsys)
    assert status == 1
    assert sentence == (
        "value_for_money.xlsx cannot be replaced: close it in Excel and try again, "
        "or choose another folder.\n"
    )
    assert (paths.project / "export/csv/marked.csv").exists()
    assert sorted(path.name for path in paths.project.iterdir()) == ["export", "vfm.duckdb"]


def test_a_folder_of_something_else_is_left_alone(paths, monkeypatch, capsys):
    (paths.project / "mine").mkdir()
    (paths.project / "mine/thesis.txt").touch()
    status, sentence = said(paths, monkeypatch, capsys, "--to", "mine")
    assert (status, sentence) == (1, "mine holds something else: choose another folder.\n")
    assert [path.name for path in (paths.project / "mine").iterdir()] == ["thesis.txt"]


def test_a_text_with_an_id_is_refused(paths, monkeypatch, capsys):
    def refuse(texts, warehouse):
        assert set(texts) == {"meta/build_info.csv", "datapackage.json"} and warehouse == paths.warehouse
        raise leaks.LeakError("meta/build_info.csv holds 1 id of persons.")

    monkeypatch.setattr(export.leaks, "refuse_ids", refuse)
    assert said(paths, monkeypatch, capsys) == (1, "meta/build_info.csv holds 1 id of persons.\n")
    assert not (paths.project / "export").exists()


def test_without_results_or_with_those_of_another_version_it_says_so(paths, monkeypatch, capsys):
    monkeypatch.setattr(workbook, "sheets", content.sheets)
    status, sentence = said(paths, monkeypatch, capsys)
    assert status == 1 and sentence.count("\n") == 1
    assert sentence.startswith(
        "The published file has no benchmark.benchmark_indicators: it is of another version"
    )
    paths.results.unlink()
    assert said(paths, monkeypatch, capsys) == (1, "There is no vfm.duckdb: make build writes it.\n")
    assert not (paths.project / "export").exists()
