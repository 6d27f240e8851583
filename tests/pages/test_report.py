"""make report writes two whole pages from the published results, and says what keeps it from doing so."""

import ast
import json
import math
import re
import string
from html.parser import HTMLParser

import duckdb
import pytest
import vl_convert

from vfm.pages.report import __main__ as command
from vfm.pages.report import outlines
from vfm.pages.report.facts import text_facts
from vfm.pages.report.figures.figure import short_name
from vfm.pages.report.page import CHAPTERS, FILES, LARGEST_PAGE, page_html
from vfm.pages.report.sheet_tables import danish_order
from vfm.pages.report.tables import COMPARISON, ReportError, read_results
from vfm.pages.report.tables import NEEDED as NEEDED_BY_ALL
from vfm.pages.report.words import LANGUAGES, Words, all_texts
from vfm.warehouse import published
from vfm.warehouse.paths import PROJECT

NEEDED = NEEDED_BY_ALL | COMPARISON

RESULTS = published.results()
NOT_WITHHELD = ("_code", "_name", "year", "week", "quintile", "term", "sex", "label_", "_position", "side")
FIGURES = [name for names in CHAPTERS.values() for name in names]


class Page(HTMLParser):
    """What a page consists of: attributes by element, ids, and the JSON its charts are drawn from."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.text = [], text
        self.feed(text)
        found = re.search(r'<script type="application/json" id="page-data">(.*?)</script>', text, re.DOTALL)
        self.data = json.loads(found[1])

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))

    def ids(self):
        return [attributes["id"] for _, attributes in self.elements if attributes.get("id")]


@pytest.fixture(scope="module")
def results():
    """The published results, copied, so that a build that goes on does not disturb."""
    if not RESULTS.exists():
        pytest.skip("nothing is published yet")
    return RESULTS


def copy_results(results, path):
    """Copy the tables that the page reads."""
    with duckdb.connect(str(path)) as con:
        con.execute(f"attach '{results}' as published (read_only)")
        for schema in sorted({name.split(".")[0] for name in NEEDED}):
            con.execute(f"create schema {schema}")
        for name in NEEDED:
            con.execute(f"create table {name} as select * from published.{name}")


@pytest.fixture
def copied(results, tmp_path, monkeypatch):
    """A copy of the tables that the page reads; returns its path and what runs SQL in it."""
    path = tmp_path / "vfm.duckdb"
    copy_results(results, path)
    monkeypatch.setenv("VFM_RESULTS", str(path))

    def change(sql):
        with duckdb.connect(str(path)) as con:
            con.execute(sql)

    return path, change


@pytest.fixture(scope="module")
def pages(report_folder):
    """Both pages of the published results, {language: Page}."""
    assert {path.name for path in report_folder.iterdir()} == set(FILES.values())
    return {
        language: Page((report_folder / name).read_text(encoding="utf-8")) for language, name in FILES.items()
    }


#: What stands in the results instead for the pages of `changed`, by what it is to show there.
CHANGES = [
    # weeks that are withheld
    "update report.municipal_survival set observed_low = case week when 26 then 0.8 when 52 then 0.7 end,"
    " observed_high = case week when 26 then 1 when 52 then 0.7 end,"
    " withheld_reason = case when week > 52 then 'few_persons' end where municipality_code = '461'",
    "update benchmark.municipal_curves set observed_survival = null"
    " where municipality_code = '461' and week > 0",
    # other assumptions
    "create or replace table report.sensitivity as select * from (values"
    " ('efron_ties', 1, 'Efrons metode', 'Efron ties', 'benchmark', 92, 0.999, 1),"
    " ('hours_15', 2, 'Mindst 15 timer', '15 hours a week', 'benchmark', 92, 0.9, 7),"
    " ('hours_15', 2, 'Mindst 15 timer', '15 hours a week', 'efficiency', 92, 0.8, null)"
    ") as t (alternative, alternative_number, label_da, label_en, indicator, municipalities_in_both,"
    " rank_correlation, position_changes)",
    # a figure without a number, and cells with both reasons
    "update report.figure_4_2 set mean_dkk = null",
    *(
        "update benchmark.observed_durations set spells = null, successes = null,"
        f" spells_withheld_reason = '{reason}', successes_withheld_reason = '{reason}'"
        f" where municipality_code = '{code}'"
        for code, reason in {"461": "few_persons", "751": "protects_another_cell"}.items()
    ),
    # the origin and the setting
    "update meta.build_info set data_origin = 'registers in folder x', accounts_origin = 'statbank'",
    *(
        f"update meta.method set value = '{value}' where name = '{name}'"
        for name, value in {
            "window_weeks": "104", "outlier_municipality": "101", "minimum_spells": "77",
            "minimum_persons": "41", "disclosure_limit": "7", "first_permit_year": "2009",
            "last_permit_year": "2014", "price_year": "2016",
        }.items()
    ),
]  # fmt: skip


@pytest.fixture(scope="module")
def changed(results, codes, tmp_path_factory):
    """Both pages of the results after CHANGES, the map with true outlines, {language: Page}."""
    folder = tmp_path_factory.mktemp("changed")
    path, outline = folder / "vfm.duckdb", folder / "outlines.geojson"
    copy_results(results, path)
    with duckdb.connect(str(path)) as con:
        for sql in CHANGES:
            con.execute(sql)
    outline.write_text(json.dumps(squares([f"0{code}" for code in codes])), encoding="utf-8")
    given, shapes = read_results(path), outlines.read_outlines(outline)
    return {language: Page(page_html(given, language, shapes)) for language in LANGUAGES}


def write(tmp_path, capsys, *arguments):
    """Run the command; returns its exit code, what it said in error, and the Danish page if there is one."""
    code = command.main(["--to", str(tmp_path / "report"), *arguments])
    page = tmp_path / "report/index.html"
    return code, capsys.readouterr().err.strip(), page.read_text(encoding="utf-8") if page.exists() else None


def blanks(text):
    return {blank for _, blank, _, _ in string.Formatter().parse(text) if blank}


def test_every_text_is_there_in_both_languages_with_the_same_blanks():
    for key, text in all_texts().items():
        assert set(text) == set(LANGUAGES), key
        assert blanks(text["da"]) == blanks(text["en"]), key
        assert all(text.values()), key


@pytest.mark.parametrize(
    ("language", "value", "decimals", "written"),
    [
        ("da", 1234567.891, 1, "1.234.567,9"),
        ("en", 1234567.891, 1, "1,234,567.9"),
        ("da", -0.5, 2, "\N{MINUS SIGN}0,50"),
        ("en", -0.0001, 2, "0.00"),
        ("da", None, 0, "ikke beregnet"),
        ("en", float("nan"), 0, "not estimated"),
    ],
)
def test_numbers_are_in_the_readers_notation(language, value, decimals, written):
    assert Words(language).number(value, decimals) == written


def test_a_p_value_is_never_read_as_a_thousand():
    assert [Words("da").p_value(value) for value in (1.0, 0.0451, 0.0001)] == ["= 1,00", "= 0,045", "< 0,001"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_each_reason_for_a_missing_number_has_a_text_of_its_own(language):
    words = Words(language)
    reasons = ("few_persons", "protects_another_cell", "not_estimated")
    texts = [words.number(None, reason=reason) for reason in reasons] + [words("sensitivity_missing")]
    assert len(set(texts)) == len(texts)
    assert texts[:3] == [words.missing(reason) for reason in reasons]
    with pytest.raises(KeyError):
        words.number(None, reason="nobody knows")


def test_names_are_in_danish_order():
    names = ["Aabenraa", "Ærø", "Zealand", "Århus", "Ølgod", "Aarhus", "Odense"]
    ordered = ["Odense", "Zealand", "Ærø", "Ølgod", "Aabenraa"]
    assert [name for name in sorted(names, key=danish_order) if name in ordered] == ordered


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_asks_for_nothing_from_outside(pages, language):
    links = {files for files in FILES.values()}
    for tag, attributes in pages[language].elements:
        assert "src" not in attributes, tag
        address = attributes.get("href", "#")
        assert address.startswith(("#", "data:")) or address in links, (tag, address)
    style = re.search(r"<style>(.*?)</style>", pages[language].text, re.DOTALL)[1]
    assert "url(" not in style and "@import" not in style
    assert "default-src 'none'" in pages[language].text
    for chart in pages[language].data["charts"].values():
        assert '"url"' not in json.dumps(chart)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_is_small(pages, language):
    assert len(pages[language].text.encode()) < LARGEST_PAGE


def test_both_pages_hold_the_same_figures_and_sheets(pages):
    assert sorted(pages["da"].ids()) == sorted(pages["en"].ids())  # the words stand in each language's order
    assert len(pages["da"].ids()) == len(set(pages["da"].ids()))
    assert list(pages["da"].data["charts"]) == list(pages["en"].data["charts"])
    assert set(FIGURES) <= set(pages["da"].data["charts"])


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_municipality_has_a_sheet(pages, results, language):
    with duckdb.connect(str(results), read_only=True) as con:
        codes = {
            code for (code,) in con.sql("select municipality_code from report.appendix_table_5_1").fetchall()
        }
    options = {attributes["value"] for tag, attributes in pages[language].elements if tag == "option"}
    assert options == codes | {""}
    assert {f"lead-{code}" for code in codes} | {f"tables-{code}" for code in codes} <= set(
        pages[language].ids()
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_figure_has_a_text_alternative_a_table_the_data_and_the_margin(pages, language):
    words = Words(language)
    synthetic = words("badge_synthetic") in pages[language].text
    for figure in re.findall(r'<figure id="\w+" class="drawn">.*?</figure>', pages[language].text, re.DOTALL):
        assert re.search(r'role="img" aria-label="[^"]{40,}"', figure)
        assert "<table>" in figure and words("margin") in figure
        assert all(f'data-take="{kind}"' in figure for kind in ("csv", "svg", "png"))
        assert not synthetic or words("badge_synthetic") in figure
    with_label = [attributes for _, attributes in pages[language].elements if attributes.get("role") == "img"]
    assert len(with_label) == len(pages[language].data["charts"])


@pytest.mark.parametrize("name", FIGURES)
def test_every_figure_can_be_drawn(pages, name):
    spec = pages["da"].data["charts"][name] | {"width": 600, "autosize": {"type": "pad"}}
    drawing = vl_convert.vegalite_to_svg(json.dumps(spec))
    assert drawing.count("<path") > 5


def test_numbers_of_the_text_are_those_of_the_results(pages, results):
    with duckdb.connect(str(results), read_only=True) as con:
        (spells,) = con.sql(
            "select spells from report.table_2_1 where sex = 'all' and outcome = 'total'"
        ).fetchone()
        rows = con.sql("select position, count(*) from benchmark.benchmark_indicators group by 1").fetchall()
    for language in LANGUAGES:
        words = Words(language)
        assert f" {words.number(spells)} " in pages[language].text
    assert f"{dict(rows)['above']} do better than expected" in pages["en"].text


def test_every_tile_has_a_name_of_its_own_that_fits(results):
    with duckdb.connect(str(results), read_only=True) as con:
        names = [name for (name,) in con.sql("select municipality_name from report.figure_3_1").fetchall()]
    short = [short_name(name) for name in names]
    assert len(set(short)) == len(names) and max(map(len, short)) <= 10
    assert short_name("Frederikssund") == "Fr.sund" and short_name("Høje-Taastrup") == "Høje-T."


def test_the_funnels_points_differ_by_colour_and_shape(pages):
    layers = pages["en"].data["charts"]["funnel"]["layer"]
    scales = [
        (layer["encoding"]["color"]["scale"], layer["encoding"]["shape"]["scale"])
        for layer in layers
        if "shape" in layer.get("encoding", {})
    ]
    ((colour, shape),) = scales
    assert (
        colour["domain"]
        == shape["domain"]
        == [
            Words("en")(f"funnel_{place}")
            for place in ("above_998", "above_95", "within", "below_95", "below_998")
        ]
    )
    assert len(set(colour["range"])) == 5
    assert shape["range"] == ["triangle-up"] * 2 + ["circle"] + ["triangle-down"] * 2


def test_a_week_that_is_withheld_is_told_as_a_range(changed):
    block = re.search(
        r'<template id="tables-461">.*?block-survival(.*?)</div>', changed["da"].text, re.DOTALL
    )[1]
    cells = re.findall(r"<td[^>]*>(.*?)</td>", block)
    withheld = Words("da", {"disclosure_limit": "7"}).missing("few_persons")
    assert [cell.replace("\N{NO-BREAK SPACE}", " ") for cell in cells[:4]] == [
        "80 % til 100 %",
        "70 %",
        withheld,
        withheld,
    ]


def test_a_sheet_says_which_charts_are_empty_and_why(changed):
    empty = {
        attributes["id"]: json.loads(attributes.get("data-empty", "{}"))
        for tag, attributes in changed["en"].elements
        if tag == "template" and attributes["id"].startswith("lead-")
    }
    words = Words("en", {"disclosure_limit": "7"})
    assert empty["lead-101"] == {}
    assert empty["lead-461"] == {"sheet_curves": words("sheet_chart_empty")}
    assert empty["lead-825"]["sheet_curves"] == words("sheet_curves_not_benchmarked")
    assert set(empty["lead-825"]) == {f"sheet_{name}" for name in ("curves", "quintiles", "ratios", "money")}


def test_other_assumptions_are_shown_once_they_are_computed(changed, without_outlier):
    words, page = Words("en", {"disclosure_limit": "7"}), changed["en"]
    assert words("sensitivity_missing") in without_outlier.text
    assert words("sensitivity_missing") not in page.text
    figure = re.search(r'<figure id="sensitivity".*?</figure>', page.text, re.DOTALL)[0]
    assert "15 hours a week" in figure and "0.999" in figure and '<td data-n="7">7</td>' in figure
    assert words.missing("without_positions") in figure and words.missing("few_persons") not in figure
    spec = page.data["charts"]["sensitivity"] | {"width": 600, "autosize": {"type": "pad"}}
    drawing = vl_convert.vegalite_to_svg(json.dumps(spec))
    assert "mark-symbol role-mark" in drawing and words("indicator_efficiency") in drawing
    assert "Mindst 15 timer" in changed["da"].text


def test_no_results_are_one_sentence(tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("VFM_RESULTS", str(tmp_path / "none.duckdb"))
    code, said, page = write(tmp_path, capsys)
    assert (code, page) == (1, None)
    assert said.endswith("none.duckdb is not there. Make it with make build, then make report again.")


def test_a_file_that_holds_no_results_is_one_sentence(tmp_path, capsys, monkeypatch):
    (tmp_path / "vfm.duckdb").write_text("no database\n" * 500, encoding="utf-8")
    monkeypatch.setenv("VFM_RESULTS", str(tmp_path / "vfm.duckdb"))
    code, said, page = write(tmp_path, capsys)
    assert (code, page) == (1, None)
    assert "cannot be read as results of this project" in said and len(said.splitlines()) == 1


@pytest.mark.parametrize(
    ("sql", "sentence"),
    [
        ("drop table benchmark.municipal_profiles", "has no table benchmark.municipal_profiles"),
        ("alter table benchmark.benchmark_indicators drop column ci_low", "has no column ci_low"),
        ("delete from meta.build_info", "meta.build_info has 0 rows"),
    ],
)
def test_results_of_another_version_are_one_sentence(copied, tmp_path, capsys, sql, sentence):
    copied[1](sql)
    code, said, page = write(tmp_path, capsys)
    assert (code, page) == (1, None)
    assert sentence in said and said.endswith("make it anew with make build.") and len(said.splitlines()) == 1


def test_with_no_number_told_every_figure_says_so(copied):
    path, change = copied
    with duckdb.connect(str(path)) as con:
        columns = {table: con.sql(f"describe {table}").fetchall() for table in NEEDED}
    for table, found in columns.items():
        numbers = [column for column, kind, *_ in found if kind in ("DOUBLE", "BIGINT")]
        values = [column for column in numbers if not any(part in column for part in NOT_WITHHELD)]
        reasons = [column for column, *_ in found if column.endswith("withheld_reason")]
        changes = [f'"{column}" = null' for column in values if table != "meta.method"]
        changes += [f"{column} = 'few_persons'" for column in reasons]
        if changes:
            change(f"update {table} set " + ", ".join(changes))
    page = page_html(read_results(path), "da")
    shown = re.sub(r"<(script|style).*?</\1>", "", page, flags=re.DOTALL)
    assert not {"nan", "none", "<na>"} & set(re.split(r"[\s>(]+", shown.lower()))
    assert page.count('class="drawn"') == len(FIGURES)
    empty = len(FIGURES) - len(set(FIGURES) & set(Page(page).data["charts"]))
    said = shown.count(Words("da")("figure_empty"))
    assert said == empty >= len(FIGURES) - 3  # fifths, ranks and counts stay


def test_a_figure_of_which_no_number_is_told_says_so_and_why(changed):
    figure = re.search(r'<figure id="figure_4_2".*?</figure>', changed["da"].text, re.DOTALL)[0]
    words = Words("da", {"disclosure_limit": "7"})
    assert words("figure_empty") in figure
    assert words("missing_cells", counts=f"5 {words.missing('few_persons')}") in figure
    assert "figure_4_2" not in changed["da"].data["charts"]


@pytest.mark.parametrize(("code", "reason"), [("461", "few_persons"), ("751", "protects_another_cell")])
def test_a_cell_of_a_sheet_says_the_reason_of_the_data(changed, code, reason):
    words = Words("da", {"disclosure_limit": "7"})
    sheet = re.search(rf'<template id="tables-{code}">.*?</template>', changed["da"].text, re.DOTALL)[0]
    assert sheet.count(words.missing(reason)) >= 2 and words("withheld_note") in sheet
    assert re.search(rf"{words('column_spells')}</th><td>{re.escape(words.missing(reason))}</td>", sheet)


@pytest.mark.parametrize(
    ("sql", "sentence"),
    [
        (
            "update meta.method set value = '999' where name = 'outlier_municipality'",
            "report.figure_3_1 has 0 rows",
        ),
        (
            "delete from meta.method where name = 'window_weeks'",
            "meta.method has 0 rows of name window_weeks",
        ),
    ],
)
def test_a_look_up_that_finds_nothing_is_one_sentence(copied, tmp_path, capsys, sql, sentence):
    copied[1](sql)
    code, said, page = write(tmp_path, capsys)
    assert (code, page) == (1, None)
    assert sentence in said and len(said.splitlines()) == 1


def test_a_text_whose_number_is_not_published_is_not_written(copied):
    copied[1]("delete from report.key_numbers where name = 'men_in_work'")
    with pytest.raises(KeyError, match="men_in_work"):
        page_html(read_results(copied[0]), "en")


def test_the_page_says_the_choices_that_are_in_force(changed):
    text = re.sub(r"<(script|style|table).*?</\1>", "", changed["en"].text, flags=re.DOTALL)
    for said in ("after 104 weeks", "followed for 104 weeks", "without København", "at least 77 spells",
                 "more than 41 persons", "fewer than 7 persons", "2009–2014", "2016 prices"):  # fmt: skip
        assert said in text, said
    for default in ("156", "Høje-Taastrup (169)", "100 spells", "50 persons", "2008–2015", "2015 prices"):
        assert default not in text, default


@pytest.fixture(scope="module")
def without_outlier(results, tmp_path_factory):
    """The English page of results without an outlier and without other assumptions."""
    path = tmp_path_factory.mktemp("without_outlier") / "vfm.duckdb"
    copy_results(results, path)
    with duckdb.connect(str(path)) as con:
        con.execute("update meta.method set value = '' where name = 'outlier_municipality'")
        con.execute("update report.figure_5_1 set is_outlier = false")
        con.execute(
            "update report.key_numbers set value = null, withheld_reason = 'not_estimated'"
            " where name like '%slope_without%'"
        )
        con.execute("drop table if exists report.sensitivity")
    return Page(page_html(read_results(path), "en"))


def test_without_an_outlier_no_sentence_speaks_of_one(without_outlier):
    page = without_outlier
    text = re.sub(r"<(script|style|table|template).*?</\1>", "", page.text, flags=re.DOTALL)
    assert "ithout  (" not in text and "ithout (" not in text and "not estimated" not in text
    assert "Without" not in json.dumps(page.data["charts"]["figure_5_1"])


def numbers_of(value):
    """All numbers inside a dataset."""
    if isinstance(value, dict):
        value = [part for name, part in value.items() if name != "at"]  # a line of the layout
    if isinstance(value, list):
        return [number for part in value for number in numbers_of(part)]
    return [value] if isinstance(value, int | float) and not isinstance(value, bool) else []


def datasets(spec):
    """The data that a chart holds."""
    if isinstance(spec, list):
        return [found for part in spec for found in datasets(part)]
    if not isinstance(spec, dict):
        return []
    own = list(spec.get("datasets", {}).values())
    own += [spec["data"]["values"]] if "values" in spec.get("data", {}) else []
    return own + [found for name, part in spec.items() if name != "datasets" for found in datasets(part)]


def test_every_number_that_a_chart_holds_is_published(pages, results):
    with duckdb.connect(str(results), read_only=True) as con:
        published = set()
        for table in NEEDED:
            for column in con.sql(f"select * from {table}").df().select_dtypes("number"):
                values = con.sql(f'select distinct "{column}" from {table} where "{column}" is not null')
                published |= {float(value) for (value,) in values.fetchall()}
    held = {
        name: {float(number) for data in datasets(spec) for number in numbers_of(data)}
        for name, spec in pages["en"].data["charts"].items()
    }
    assert {name: numbers - published for name, numbers in held.items() if numbers - published} == {}
    assert all(held[name] for name in FIGURES)


def test_every_number_of_the_texts_is_the_published_key_number(results):
    words = Words("en")
    facts = text_facts(read_results(results), words)
    with duckdb.connect(str(results), read_only=True) as con:
        rows = con.sql("select name, value from report.key_numbers where value is not null").fetchall()
    assert len(rows) > 40
    for name, value in rows:
        said = float(facts[name].replace(",", "").replace("−", "-").lstrip("<= ").rstrip("%"))
        value = 100 * value if facts[name].endswith("%") else value
        decimals = len(facts[name].rstrip("%").partition(".")[2])
        rounding = 0.500001 * 10**-decimals
        assert facts[name].startswith("<") or math.isclose(said, value, rel_tol=0, abs_tol=rounding), name


ARITHMETIC = set("exp log sqrt mean median std var sum quantile cumsum prod diff".split())


def test_the_page_computes_nothing():
    for path in sorted((PROJECT / "vfm/pages/report").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            assert not (isinstance(node, ast.BinOp) and isinstance(node.op, ast.Pow)), (path, node.lineno)
            assert not (isinstance(node, ast.Constant) and node.value == 1.96), (path, node.lineno)
            if isinstance(node, ast.Attribute) and path.name != "outlines.py":
                assert node.attr not in ARITHMETIC, (path, node.lineno, node.attr)
        assert not any(
            isinstance(node, ast.Import | ast.ImportFrom) and "numpy" in ast.unparse(node)
            for node in ast.walk(tree)
        ), path


def test_registers_as_delivered_are_not_called_synthetic(changed):
    page, words = changed["en"].text, Words("en")
    assert words("badge_given") in page
    assert words("badge_synthetic") not in page and words("printed_note_synthetic") not in page


def squares(codes, name="KOMKODE"):
    """GeoJSON with a square for each code."""
    features = []
    for number, code in enumerate(codes):
        x, y = 8 + number % 10, 54 + number // 10 / 5
        ring = [[x, y], [x + 0.5, y], [x + 0.5, y + 0.1], [x, y + 0.1], [x, y]]
        features.append(
            {
                "type": "Feature",
                "properties": {name: code},
                "geometry": {"type": "Polygon", "coordinates": [ring]},
            }
        )
    return {"type": "FeatureCollection", "features": features}


@pytest.fixture(scope="module")
def codes(results):
    with duckdb.connect(str(results), read_only=True) as con:
        return [code for (code,) in con.sql("select municipality_code from report.figure_3_1").fetchall()]


def test_true_outlines_take_the_place_of_the_tiles(changed, codes):
    chart = changed["da"].data["charts"]["figure_3_1"]
    assert "geoshape" in json.dumps(chart)
    drawing = vl_convert.vegalite_to_svg(json.dumps(chart | {"width": 600}))
    assert drawing.count("<path") >= len(codes)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("{", "is no GeoJSON file"),
        (json.dumps(squares(["101"], "name")), "no outline has a municipality code"),
        (json.dumps(squares(["101", "147"])), "The outlines lack"),
    ],
)
def test_outlines_that_do_not_fit_are_one_sentence(results, tmp_path, capsys, monkeypatch, content, sentence):
    monkeypatch.setenv("VFM_RESULTS", str(results))
    path = tmp_path / "outlines.geojson"
    path.write_text(content, encoding="utf-8")
    code, said, page = write(tmp_path, capsys, "--geojson", str(path))
    assert (code, page) == (1, None)
    assert sentence in said


def test_outlines_in_metres_are_left_on_their_plane(tmp_path):
    ring = [[700000.4, 6170000.0], [700100.0, 6170000.0], [700100.0, 6170100.0], [700000.4, 6170000.0]]
    feature = {
        "type": "Feature",
        "properties": {"kode": 101},
        "geometry": {"type": "Polygon", "coordinates": [ring]},
    }
    (tmp_path / "o.json").write_text(json.dumps({"features": [feature]}), encoding="utf-8")
    (found,) = outlines.read_outlines(tmp_path / "o.json")
    assert found["code"] == "101" and found["geometry"]["coordinates"][0][0] == [700000, 6170000]


def test_a_page_that_cannot_be_written_is_one_sentence(results, tmp_path, monkeypatch):
    monkeypatch.setattr(command, "page_html", lambda *_: "a page")
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(ReportError, match="cannot be written"):
        command.write_pages(read_results(results), tmp_path / "file")
