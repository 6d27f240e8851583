"""Both pages in headless Chromium without a network: drawn, chosen from, printed, accessible."""

import re
import time
from pathlib import Path

import chromium
import pytest

from vfm.pages.report.page import CHAPTERS, FILES
from vfm.pages.report.tables import read_results
from vfm.pages.report.words import Words
from vfm.warehouse import published

RESULTS = published.results()
AXE = Path(__file__).parents[1] / "support/data/axe.min.js"
PHONE, TABLET, DESKTOP = 390, 500, 1280  # pixels
SHEET_MILLISECONDS = 2000
SHEET_CHARTS = 4

pytestmark = pytest.mark.skipif(
    chromium.program() is None, reason="no Chromium here: Debian's package chromium has it"
)


@pytest.fixture(scope="module")
def browser():
    with chromium.Browser() as found:
        yield found


@pytest.fixture(scope="module")
def figures(report_folder):
    """How many figures the pages have; that of other assumptions is there once they were computed."""
    sensitivity = read_results(RESULTS).get("report.sensitivity")
    return sum(map(len, CHAPTERS.values())) + (sensitivity is not None and not sensitivity.empty)


def everywhere(function):
    """Run a test of both pages at all widths."""
    function = pytest.mark.parametrize("width", [PHONE, TABLET, DESKTOP])(function)
    return pytest.mark.parametrize("language", list(FILES))(function)


@everywhere
def test_every_figure_is_drawn_without_error_or_request(browser, report_folder, figures, language, width):
    browser.open(report_folder / FILES[language], width)
    assert browser.run("window.failed") == []
    assert browser.run("document.querySelectorAll('.chart[data-drawn] svg').length") == figures
    assert [url for url in browser.requests if not url.startswith(("file:", "data:", "about:"))] == []
    assert browser.run("document.documentElement.scrollWidth") <= width
    wide = (
        "[...document.querySelectorAll('.chart svg')]"
        ".filter((each) => each.getBoundingClientRect().right > innerWidth).length"
    )
    assert browser.run(wide) == 0


def test_a_municipality_is_chosen_and_its_sheet_drawn_within_two_seconds(browser, report_folder):
    times = []
    for _ in range(3):
        browser.open(report_folder / FILES["da"], DESKTOP, hash="#municipality=461")
        browser.wait("document.body.dataset.sheet")
        times.append(int(browser.run("document.body.dataset.sheet")))
    assert min(times) < SHEET_MILLISECONDS


def add_to_comparison(browser, code):
    """Choose a municipality in the view of comparison, as a reader does."""
    browser.run(
        f"((adder) => {{ adder.value = '{code}'; adder.dispatchEvent(new Event('change')); }})"
        "(document.getElementById('compare-add'))"
    )


@everywhere
def test_axe_finds_no_serious_fault(browser, report_folder, language, width):
    browser.open(report_folder / FILES[language], width, hash="#municipality=461")
    browser.wait(f"document.querySelectorAll('#sheet .chart[data-drawn]').length == {SHEET_CHARTS}")
    for code in ("101", "169"):  # the view of comparison, too
        add_to_comparison(browser, code)
    browser.run("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    browser.run(AXE.read_text(encoding="utf-8") + "; true")
    faults = browser.run(
        "axe.run(document, {resultTypes: ['violations']}).then((found) => found.violations"
        ".filter((each) => ['serious', 'critical', 'moderate'].includes(each.impact))"
        ".map((each) => each.id + ': ' + each.nodes.slice(0, 3)"
        ".map((node) => node.html.slice(0, 120)).join(' | ')))"
    )
    assert faults == []


def chosen(browser):
    """The municipality of the sheet, and the address's."""
    title = browser.run("document.getElementById('sheet-title').textContent")
    return title, browser.run("location.hash")


def test_a_municipality_is_chosen_by_keyboard(browser, report_folder):
    browser.open(report_folder / FILES["da"], DESKTOP)
    for _ in range(12):
        browser.press("Tab", 9)
        if browser.run("document.activeElement.id") == "municipality":
            break
    browser.ask("Input.dispatchKeyEvent", type="char", text="O")  # more letters would have to come fast
    browser.wait("location.hash != ''")
    browser.press("ArrowDown", 40)  # Odder, Odense
    browser.wait("location.hash == '#municipality=461'")
    browser.wait(f"document.querySelectorAll('#sheet .chart[data-drawn]').length == {SHEET_CHARTS}")
    assert chosen(browser) == ("Odense", "#municipality=461")
    assert "Odense" in browser.run("document.getElementById('said').textContent")
    browser.press("Tab", 9)
    assert browser.run("document.activeElement.id") == "to-sheet"
    browser.press("Enter", 13)
    browser.wait("document.activeElement.id == 'sheet'")
    assert browser.run("window.failed") == []


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_a_municipality_is_chosen_by_mouse_in_a_figure(browser, report_folder, width):
    browser.open(report_folder / FILES["en"], width)
    browser.run(
        "document.documentElement.style.scrollBehavior = 'auto';"
        "document.getElementById('figure_3_1').scrollIntoView()"
    )
    place = browser.run(
        "(() => { const tiles = document.querySelectorAll('#figure_3_1 .mark-rect.role-mark path');"
        " const box = tiles[20].getBoundingClientRect();"
        " return [box.x + box.width / 2, box.y + box.height / 2]; })()"
    )
    browser.click(*place)
    browser.wait("location.hash.startsWith('#municipality=')")
    title, address = chosen(browser)
    assert browser.run("document.getElementById('municipality').selectedOptions[0].textContent") == title
    assert browser.run("document.getElementById('municipality').value") == address[-3:]


def test_a_link_that_is_shared_opens_the_sheet_and_keeps_it_in_the_other_language(browser, report_folder):
    browser.open(report_folder / FILES["da"], DESKTOP, hash="#municipality=101")
    assert chosen(browser) == ("København", "#municipality=101")
    assert browser.run("document.title").startswith("København")
    assert browser.run("document.getElementById('other-language').href").endswith("en.html#municipality=101")
    browser.wait(f"document.querySelectorAll('#sheet .chart[data-drawn]').length == {SHEET_CHARTS}")
    browser.open(report_folder / FILES["da"], DESKTOP, hash="#municipality=999")
    assert chosen(browser)[0] == Words("da")("choose_title")
    said = browser.run("document.getElementById('sheet-message').innerText")
    assert said == Words("da")("compare_unknown").replace("%s", "999")
    assert browser.run("window.failed") == []


def test_the_sheet_draws_both_survival_curves_or_says_why_not(browser, report_folder):
    browser.open(report_folder / FILES["en"], DESKTOP, hash="#municipality=461")
    browser.wait(f"document.querySelectorAll('#sheet .chart[data-drawn]').length == {SHEET_CHARTS}")
    marks = "document.querySelectorAll('[data-chart=sheet_curves] .mark-%s.role-mark path').length"
    assert browser.run(marks % "rect") > 5 and browser.run(marks % "symbol") > 5
    assert browser.run("document.querySelector('[data-chart=sheet_curves] .mark-line path') !== null")
    browser.run("document.getElementById('municipality').value = '825'")
    browser.run("document.getElementById('municipality').dispatchEvent(new Event('change'))")
    place = "document.querySelector('[data-chart=sheet_curves]')"
    assert browser.run(f"{place}.hidden")
    said = browser.run(f"{place}.nextElementSibling.innerText")
    assert said == Words("en")("sheet_curves_not_benchmarked")
    browser.run("document.getElementById('municipality').value = '461'")
    browser.run("document.getElementById('municipality').dispatchEvent(new Event('change'))")
    assert not browser.run(f"{place}.hidden") and browser.run(f"{place}.nextElementSibling.hidden")
    assert browser.run("window.failed") == []


def test_the_charts_write_numbers_as_the_reader_does(browser, report_folder):
    for language, sign in (("da", "0,95"), ("en", "0.95")):
        browser.open(report_folder / FILES[language], DESKTOP)
        assert sign in browser.run("document.querySelector('#intervals svg').textContent")


def pages_of(pdf):
    return len(re.findall(rb"/Type\s*/Page\b", pdf))


# a large one, one of few persons in many groups, and one outside the benchmark
@pytest.mark.parametrize("code", ["461", "329", "825"])
def test_the_sheet_prints_on_one_page_of_a4(browser, report_folder, code):
    browser.open(report_folder / FILES["da"], DESKTOP, hash=f"#municipality={code}")
    browser.wait("!document.querySelector('#sheet .chart:not([hidden]):not([data-drawn])')")
    browser.run("window.print = () => {}; document.getElementById('print-sheet').click()")
    pdf = browser.pdf()
    assert pages_of(pdf) == 1
    width, height = map(float, re.search(rb"/MediaBox\s*\[\s*0 0 ([\d.]+) ([\d.]+)", pdf).groups())
    assert (round(width), round(height)) in {(595, 842), (596, 842), (595, 841), (594, 841)}


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
def test_no_printed_figure_is_taller_or_wider_than_a_page(browser, report_folder, figures, width):
    browser.open(report_folder / FILES["en"], width)
    browser.ask("Emulation.setEmulatedMedia", media="print")
    browser.ask(
        "Emulation.setDeviceMetricsOverride", width=688, height=1017, deviceScaleFactor=1, mobile=False
    )
    time.sleep(0.3)
    boxes = browser.run(
        "[...document.querySelectorAll('figure.drawn')].map((each) => "
        "[each.id, each.getBoundingClientRect().height,"
        " each.querySelector('svg').getBoundingClientRect().width])"
    )
    browser.ask("Emulation.setEmulatedMedia", media="")
    assert len(boxes) == figures
    assert [
        name for name, height, across in boxes if height > 1017 or across > 688
    ] == []  # A4 less 14 mm, at 96 dpi


@everywhere
def test_no_text_of_a_figure_is_cut_and_no_table_loses_a_column(browser, report_folder, language, width):
    browser.open(report_folder / FILES[language], width, hash="#municipality=615")
    browser.wait(f"document.querySelectorAll('#sheet .chart[data-drawn]').length == {SHEET_CHARTS}")
    browser.run("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    cut = browser.run(
        "[...document.querySelectorAll('.chart svg')].flatMap((svg) => {"
        " const room = svg.getBoundingClientRect();"
        " return [...svg.querySelectorAll('text')].filter((text) => {"
        "  const box = text.getBoundingClientRect();"
        "  return box.width && (box.right > room.right + 2 || box.left < room.left - 2); })"
        " .map((text) => text.textContent); })"
    )
    assert cut == []
    narrow = browser.run(
        "[...document.querySelectorAll('.scroll')].filter((each) => each.scrollWidth > each.clientWidth + 1)"
        ".map((each) => each.getAttribute('aria-label'))"
    )
    assert narrow == []


def test_an_interval_is_seen_beside_a_wider_one(browser, report_folder):
    browser.open(report_folder / FILES["da"], DESKTOP, hash="#municipality=461")
    browser.wait("document.querySelector('[data-chart=sheet_ratios] svg')")
    bands = browser.run(
        "[...document.querySelectorAll('[data-chart=sheet_ratios] .mark-rect.role-mark path')]"
        ".map((each) => each.getBoundingClientRect()).map((box) => [box.width, box.height])"
    )
    ticks = [box for box in bands if box[0] < 4]
    assert len(ticks) == 2 and all(box[0] > 4 for box in bands if box not in ticks)


def compare(browser, report_folder, codes, language="da", width=DESKTOP):
    """Open a link that names municipalities; returns those that are shown, and what is said."""
    browser.open(report_folder / FILES[language], width, hash=f"#compare={codes}")
    names = browser.run(
        "[...document.querySelectorAll('#compare-table thead th')].map((each) => each.textContent)"
    )
    shown = names if not browser.run("document.getElementById('compare-shown').hidden") else []
    return shown, browser.run("document.getElementById('compare-message').innerText")


def test_a_link_sets_municipalities_side_by_side(browser, report_folder):
    assert compare(browser, report_folder, "615,621") == (["Horsens", "Kolding"], "")
    assert browser.run("location.hash") == "#compare=615,621"
    assert browser.run("document.getElementById('other-language').href").endswith("en.html#compare=615,621")
    browser.wait("document.querySelectorAll('#compare .chart[data-drawn]').length == 2")
    said = browser.run("document.getElementById('compare-pairs').innerText")
    assert Words("da")("compare_better").replace("%s", "Horsens", 1).replace("%s", "Kolding") in said
    marks = "document.querySelectorAll('[data-chart=compare_weeks] .mark-text.role-mark text').length"
    assert browser.run(marks) == 4  # two, each with its halo
    add_to_comparison(browser, "169")
    assert browser.run("location.hash") == "#compare=615,621,169"
    browser.run("document.querySelector('#compare-chosen button').click()")
    assert browser.run("location.hash") == "#compare=621,169"
    assert browser.run("window.failed") == []


def test_a_link_that_names_one_seven_or_an_unknown_municipality_is_answered_in_a_sentence(
    browser, report_folder
):
    words = Words("en")
    shown, said = compare(browser, report_folder, "615", "en")
    assert (shown, said) == ([], words("compare_one").replace("%s", "Horsens"))
    shown, said = compare(browser, report_folder, "615,169,461,621,101,751,851", "en")
    assert len(shown) == 6 and said == words("compare_many").replace("%s", "Aalborg")
    shown, said = compare(browser, report_folder, "615,999,169", "en")
    assert shown == ["Horsens", "Høje-Taastrup"]
    assert said == words("compare_unknown").replace("%s", "999")
    shown, said = compare(browser, report_folder, "<b>,,615", "en")
    assert shown == [] and "<b>" in said and browser.run("window.failed") == []


# six of long names, and one outside the benchmark
@pytest.mark.parametrize("codes", ["615,169,461,621,101,751", "810,825,219,169,760,550"])
@pytest.mark.parametrize("language", list(FILES))
def test_the_comparison_prints_on_one_page_of_a4(browser, report_folder, language, codes):
    compare(browser, report_folder, codes, language)
    browser.wait("document.querySelectorAll('#compare .chart[data-drawn]').length == 2")
    browser.run("window.print = () => {}; document.getElementById('print-compare').click()")
    assert pages_of(browser.pdf()) == 1


def taken(browser, folder, selector, name):
    """Click on a button that saves a file; returns what was saved."""
    browser.run(f"document.querySelector('{selector}').click()")
    deadline = time.monotonic() + 20
    while not (folder / name).exists() or not (folder / name).stat().st_size:
        assert time.monotonic() < deadline, name
        time.sleep(0.1)
    return (folder / name).read_bytes()


def test_a_figure_is_taken_away_from_disk_as_csv_svg_and_png(browser, report_folder, tmp_path):
    browser.open(report_folder / FILES["da"], DESKTOP, hash="#municipality=615")
    browser.wait(f"document.querySelectorAll('#sheet .chart[data-drawn]').length == {SHEET_CHARTS}")
    browser.ask("Page.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    start = "syntetiske-data_"
    csv = taken(browser, tmp_path, "#arrivals [data-take=csv]", f"{start}arrivals.csv").decode("utf-8-sig")
    lines = csv.splitlines()
    assert lines[0] == "Gruppe;Udfald;Forløb;Andel"
    assert re.fullmatch(r"Mænd;I arbejde;\d+;0,\d+", lines[1]) and len(lines) == 16
    svg = taken(browser, tmp_path, "#arrivals [data-take=svg]", f"{start}arrivals.svg").decode()
    assert svg.startswith("<svg") and "Syntetiske data" in svg and "Forløbenes udfald" in svg
    png = taken(browser, tmp_path, "#arrivals [data-take=png]", f"{start}arrivals.png")
    assert png.startswith(b"\x89PNG") and len(png) > 10_000
    own = taken(
        browser, tmp_path, "[data-block=money] [data-take=csv]", f"{start}sheet_money_615.csv"
    ).decode("utf-8-sig")
    assert own.splitlines()[1].startswith("2011;")
    assert (
        "Horsens"
        in taken(
            browser, tmp_path, "[data-block=money] [data-take=svg]", f"{start}sheet_money_615.svg"
        ).decode()
    )
    assert browser.run("window.failed") == []
    assert [
        url for url in browser.requests if not url.startswith(("file:", "data:", "about:", "blob:"))
    ] == []


def test_a_word_opens_its_entry_where_it_stands(browser, report_folder):
    browser.open(report_folder / FILES["da"], DESKTOP, hash="#municipality=615")
    browser.run(
        "document.documentElement.style.scrollBehavior = 'auto';"
        "document.querySelector('#rank_sets figcaption a.term').scrollIntoView({block: 'center'})"
    )
    time.sleep(0.5)
    browser.run("document.querySelector('#rank_sets a[href=\"#word-all_at_once\"]').click()")
    browser.wait("document.querySelector('#term').matches(':popover-open')")
    assert browser.run("document.querySelector('#term dfn').textContent") == "alle på én gang"
    box = browser.run(
        "(({left, right, top, bottom}) => [left, right, top, bottom])"
        "(document.getElementById('term').getBoundingClientRect())"
    )
    assert box[0] >= 0 and box[1] <= DESKTOP and box[2] >= 0 and box[3] <= 900
    assert browser.run("location.hash") == "#municipality=615"
    browser.press("Escape", 27)
    browser.wait("!document.querySelector('#term').matches(':popover-open')")
    marked = browser.run(
        "[...new Set([...document.querySelectorAll('a.term')].map((each) => each.dataset.term))]"
    )
    assert {"funnel", "shrinkage", "hazard_ratio", "all_at_once", "kaplan_meier"} <= set(marked)
