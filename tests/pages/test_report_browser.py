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
PHONE, DESKTOP = 390, 1280  # pixels
INTERACTIVE_MILLISECONDS = 2000
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
    """Run a test of both pages at both widths."""
    function = pytest.mark.parametrize("width", [PHONE, DESKTOP])(function)
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


def test_the_page_is_interactive_within_two_seconds(browser, report_folder):
    times = []
    for _ in range(3):
        browser.open(report_folder / FILES["da"], DESKTOP)
        times.append(int(browser.run("document.body.dataset.interactive")))
    assert min(times) < INTERACTIVE_MILLISECONDS


@everywhere
def test_axe_finds_no_serious_fault(browser, report_folder, language, width):
    browser.open(report_folder / FILES[language], width, hash="#municipality=461")
    browser.wait(f"document.querySelectorAll('#sheet .chart[data-drawn]').length == {SHEET_CHARTS}")
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
