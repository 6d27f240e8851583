"""Everything is described, every printed table is an exposure, and the page of make docs needs no network."""

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import chromium
import duckdb
import preloaded
import pytest

from vfm.pages import cookbook, lineage
from vfm.warehouse import publish
from vfm.warehouse.machine import BuildError
from vfm.warehouse.paths import PROJECT, Paths

PATHS = Paths.from_environment(PROJECT)
AXE = Path(__file__).parents[1] / "support/data/axe.min.js"
PHONE, DESKTOP = 390, 1280  # pixels
VIEWS = [  # of every kind that a reader meets
    "overview",
    "model/model.value_for_money.benchmark_indicators",
    "model/model.value_for_money.frontier_fit",
    "source/source.value_for_money.registers.bef",
    "macro/macro.value_for_money.is_blank",
    "exposure/exposure.value_for_money.report_table_3_2",
    "analysis/analysis.value_for_money.better_for_less",
    "overview?g_v=1&g_i=2%2Bbenchmark_indicators",
]
PRINTED = [
    *("table_2_1", "table_2_2", "table_3_1", "table_3_2", "table_4_1", "table_4_2", "table_4_3"),
    *("table_5_1", "table_5_2", "table_5_3", "figure_3_1", "figure_4_1", "figure_4_2"),
    *("figure_5_1", "figure_5_2", "figure_5_3", "figure_5_4", "appendix_table_5_1", "appendix_table_6_1"),
]
SIGNATURE = re.compile(r"{%-?\s*(?:macro|test)\s+\w+\s*\((?P<arguments>.*?)\)\s*-?%}", re.DOTALL)
LAYERS = ("staging", "intermediate", "marts", "seed", "python")


@pytest.fixture(scope="module")
def written():
    """What make docs says; afterwards manifest and page are of the project as it stands."""
    if not PATHS.warehouse.exists():
        pytest.skip("no warehouse is built yet")
    done = preloaded.run(
        [sys.executable, "-m", "vfm.pages.lineage"], cwd=PROJECT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def manifest(written):
    """dbt's manifest, of the project as it stands."""
    return json.loads((PATHS.target / "manifest.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def own(manifest):
    """The project's own models, seeds and sources by unique id."""
    nodes = manifest["nodes"] | manifest["sources"]
    return {key: node for key, node in nodes.items() if node["resource_type"] in ("model", "seed", "source")}


def says_nothing(description, name=""):
    """Whether a description is missing, a placeholder, fewer than three words or the name once more."""
    words = re.findall(r"\w+", description or "")
    again = re.sub(r"\W", "", description or "").lower() == re.sub(r"\W|_", "", name).lower()
    return len(words) < 3 or again or bool(re.search(r"\b(todo|tbd|fixme|xxx|lorem)\b", description, re.I))


def declared_arguments(macro):
    """The arguments in a macro's own first line."""
    found = SIGNATURE.search(macro["macro_sql"])
    signature = ast.parse(f"def macro({found['arguments'].strip()}): pass").body[0].args
    return [argument.arg for argument in signature.args]


@pytest.mark.parametrize(
    "text", ["", None, "Year", "Calendar year", "TODO: say what it is", "Births by year"]
)
def test_placeholders_are_seen(text):
    assert says_nothing(text, "births_by_year")


def test_every_table_and_column_is_described(own):
    assert len(own) > 170
    silent = [key for key, node in own.items() if says_nothing(node["description"], node["name"])]
    silent += [
        f"{key}: {column['name']}"
        for key, node in own.items()
        for column in node["columns"].values()
        if says_nothing(column["description"], column["name"])
    ]
    silent += [
        node["source_name"] for node in own.values() if says_nothing(node.get("source_description", "a b c"))
    ]
    assert silent == []


def test_every_column_of_the_warehouse_is_in_a_yml(own, written):
    catalog = json.loads((PATHS.target / "catalog.json").read_text(encoding="utf-8"))
    tables = catalog["nodes"] | catalog["sources"]
    steps = {key for key, node in own.items() if node.get("config", {}).get("materialized") == "ephemeral"}
    assert {key for key in own if key not in tables} == steps
    patterns = {
        key: [
            meta["pattern"]
            for column in node["columns"].values()
            if (meta := column["config"].get("meta", {})).get("pattern")
        ]
        for key, node in own.items()
    }
    undescribed = [
        f"{key}: {name}"
        for key, table in tables.items()
        for name in table["columns"]
        if name.lower() not in {column.lower() for column in own[key]["columns"]}
        and not any(re.match(pattern, name, re.I) for pattern in patterns[key])
    ]
    assert undescribed == []


def test_every_macro_and_argument_is_described(manifest):
    macros = [macro for macro in manifest["macros"].values() if macro["package_name"] == "value_for_money"]
    assert len(macros) > 100
    assert [macro["name"] for macro in macros if says_nothing(macro["description"], macro["name"])] == []
    documented = {
        macro["name"]: [
            argument["name"] for argument in macro["arguments"] if not says_nothing(argument["description"])
        ]
        for macro in macros
    }
    assert documented == {macro["name"]: declared_arguments(macro) for macro in macros}


def test_every_table_and_figure_of_the_report_is_an_exposure_and_so_is_the_page(manifest):
    exposures = {exposure["name"]: exposure for exposure in manifest["exposures"].values()}
    pages = {"report_page", "report_printed_against_rebuilt"}
    assert set(exposures) == {f"report_{item}" for item in PRINTED} | pages
    assert [name for name, exposure in exposures.items() if says_nothing(exposure["description"])] == []
    models = {
        key.split(".")[-1]: key
        for key, node in manifest["nodes"].items()
        if node["resource_type"] == "model"
        and node["schema"] == "report"
        and node["config"]["meta"]["publish"]
    }
    shown = {name: set(exposure["depends_on"]["nodes"]) for name, exposure in exposures.items()}
    for item in PRINTED:
        assert models[item] in shown[f"report_{item}"]
    assert set(models.values()) <= shown["report_page"] | shown["report_printed_against_rebuilt"]


def test_every_layer_has_its_colour(manifest):
    colours = {layer: set() for layer in LAYERS}
    for node in manifest["nodes"].values():
        if node["resource_type"] not in ("model", "seed"):
            continue
        python = node.get("language") == "python"
        layer = "seed" if node["resource_type"] == "seed" else "python" if python else node["fqn"][1]
        colours[layer].add((node.get("docs") or node["config"]["docs"])["node_color"])
    assert all(len(colour) == 1 for colour in colours.values()), colours
    assert len(set.union(*colours.values())) == len(LAYERS)


def test_every_python_model_names_the_reference_of_its_estimator(own):
    estimators = {
        node["name"]: node["description"]
        for node in own.values()
        if node.get("language") == "python" and node["schema"] != "meta"
    }
    assert len(estimators) > 15
    named = re.compile(r"Estimator: .*\((19|20)\d\d\)", re.DOTALL)
    assert [name for name, text in estimators.items() if not named.search(text)] == []


def test_every_doc_block_is_used(manifest, own):
    used = {block for node in own.values() for column in node["columns"].values()
            for block in column.get("doc_blocks", [])}  # fmt: skip
    blocks = {
        key
        for key, block in manifest["docs"].items()
        if block["package_name"] == "value_for_money" and block["name"] != "__overview__"
    }
    assert blocks - used == set()


def test_the_overview_leads_to_pages_that_exist(manifest):
    overview = manifest["docs"]["doc.value_for_money.__overview__"]["block_contents"]
    targets = re.findall(r"\(#!/(?:model|source|seed|exposure)/([\w.]+)\)", overview)
    graphs = re.findall(r"\(#!/overview\?g_v=1&g_i=([^)]+)\)", overview)
    assert len(targets) > 40 and len(graphs) > 8
    assert len(targets) + len(graphs) == overview.count("](")
    assert set(targets) - set(manifest["nodes"] | manifest["sources"] | manifest["exposures"]) == set()
    drawn = {re.sub(r"^\d*%2B|%2B\d*$", "", name) for graph in graphs for name in graph.split("%20")}
    assert drawn <= {node["name"] for node in manifest["nodes"].values()}


def test_the_overview_names_every_table_and_figure_of_the_report(manifest):
    overview = manifest["docs"]["doc.value_for_money.__overview__"]["block_contents"]
    assert set(re.findall(r"exposure\.value_for_money\.report_(\w+)", overview)) == set(PRINTED)


def test_every_question_is_described_and_hangs_on_the_tables_it_reads(manifest):
    questions = cookbook.read_questions(PROJECT)
    shown = lineage.with_questions(lineage.shown_manifest(manifest), questions)
    described = {
        node["original_file_path"]: (key, node)
        for key, node in shown["nodes"].items()
        if node["resource_type"] == "analysis"
    }
    assert set(described) == {each.path for each in questions}
    for each in questions:
        key, node = described[each.path]
        assert node["description"].startswith(each.question)
        tables = node["depends_on"]["nodes"]
        assert tables and tables == shown["parent_map"][key]
        assert all(key in shown["child_map"][table] for table in tables)
    neighbours, _ = described["analyses/benchmark/my_municipality_and_its_neighbours.sql"]
    assert [table.split(".")[-1] for table in shown["parent_map"][neighbours]] == [
        *("benchmark_indicators", "figure_3_1", "indicator_covariance")
    ]


def test_the_published_file_carries_the_descriptions_as_comments():
    if not PATHS.results.exists():
        pytest.skip("nothing is published yet")
    with duckdb.connect(str(PATHS.results), read_only=True) as con:
        assert con.execute("select count(*) from duckdb_tables()").fetchone()[0] > 60
        silent = con.execute(
            """
            select table_name || '.' || coalesce(column_name, '')
            from (
                select table_name, null as column_name, comment from duckdb_tables()
                union all
                select table_name, column_name, comment from duckdb_columns() where not internal
            )
            where coalesce(trim(comment), '') = ''
            """
        ).fetchall()
    assert silent == []


def test_every_published_schema_stores_its_descriptions(own):
    stored = {"relation": True, "columns": True}
    published = [
        node
        for node in own.values()
        if node["resource_type"] == "model" and node["schema"] in publish.SCHEMAS
    ]
    assert len(published) > 60
    assert [node["name"] for node in published if node["config"]["persist_docs"] != stored] == []


def test_the_page_is_its_owners_and_loads_nothing(written):
    page = PATHS.build / lineage.PAGE
    assert written.startswith(f"Open {PATHS.short(page)} (")
    assert page.stat().st_mode & 0o077 == 0  # as everything in the build folder
    assert page.stat().st_size < 6_000_000
    text = page.read_text(encoding="utf-8")
    assert lineage.POLICY in text[:1000]
    assert text.count(lineage.BRIGHT) == 2  # the graph's lines are seen
    assert str(PROJECT) not in text and str(PATHS.build) not in text  # it may be handed on
    markup = re.sub(r"<script\b.*?</script>", "", text, flags=re.DOTALL)
    assert re.findall(r"<(?:link|img|iframe|script)\b[^>]*?(?:src|href)=[\"']?(?:https?:)?//", markup) == []
    assert "@import" not in markup


@pytest.mark.skipif(not chromium.program(), reason="no chromium is installed")
def test_the_page_opens_from_disk_without_a_network(written, tmp_path):
    url = (PATHS.build / lineage.PAGE).resolve().as_uri() + "#!/overview?g_v=1"
    net = tmp_path / "net.json"
    shown = subprocess.run(
        [chromium.program(), "--headless=new", "--no-sandbox", "--disable-gpu",
         "--host-resolver-rules=MAP * ~NOTFOUND",
         "--disable-background-networking", f"--user-data-dir={tmp_path / 'profile'}", f"--log-net-log={net}",
         "--enable-logging=stderr", "--virtual-time-budget=20000", "--dump-dom", url],
        capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    body = re.sub(r"<script\b.*?</script>", "", shown.stdout, flags=re.DOTALL)
    assert "From registers to frontier" in body
    assert re.search(r'<canvas [^>]*data-id="layer2-node"', body)  # the lineage graph, drawn
    complaints = [line for line in shown.stderr.splitlines() if "CONSOLE" in line and "getIcon" not in line]
    assert complaints == []  # getIcon: dbt's templates, before their icon is filled in
    asked = re.findall(r'"url":"https?://([^/"]+)', net.read_text(encoding="utf-8", errors="replace"))
    browsers_own = re.compile(r"\b(google|googleapis|gvt1)\.com$")
    assert [host for host in asked if not browsers_own.search(host)] == []


@pytest.fixture(scope="module")
def browser():
    """A browser without a network."""
    if not chromium.program():
        pytest.skip("no chromium is installed")
    with chromium.Browser() as found:
        yield found


#: Resolves when nothing of the page has changed for a tenth of a second.
QUIET = """
new Promise((done) => {
    let waiting = setTimeout(done, 100);
    const again = () => { clearTimeout(waiting); waiting = setTimeout(done, 100); };
    new MutationObserver(again).observe(document, {subtree: true, childList: true, attributes: true});
})
"""


def visit(browser, view, width):
    """Open a view of the page, which is read once, and wait until it is written and names are given."""
    browser.ask(
        "Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=width < 600
    )
    page, heading = (PATHS.build / lineage.PAGE).resolve().as_uri(), ".app-content > :not(.ng-hide) h1"
    if browser.run("location.href").partition("#")[0] != page:
        browser.ask("Page.navigate", url=page + "#!/" + view)
    elif not browser.run(f"location.hash === '#!/{view}'"):
        browser.run(f"document.querySelectorAll('{heading}').forEach((each) => {{ each.dataset.left = 1; }})")
        browser.run(f"location.hash = '#!/{view}'")
    browser.wait(f"document.querySelector('{heading}:not([data-left])')")
    browser.wait("document.querySelector('#search[aria-label]')")
    browser.run(QUIET)  # what was written last is given names


@pytest.mark.parametrize("width", [PHONE, DESKTOP])
@pytest.mark.parametrize("view", VIEWS)
def test_a_view_fits_the_window_and_has_no_serious_fault(written, browser, view, width):
    visit(browser, view, width)
    wide = (
        "[...document.querySelectorAll('.app-content .app-scroll')]"
        ".filter((each) => each.scrollWidth > each.clientWidth).length"
    )
    assert browser.run(f"[document.documentElement.scrollWidth, innerWidth, {wide}]") == [width, width, 0]
    assert (
        browser.run("document.querySelector('.app-content .app-header').getBoundingClientRect().right")
        <= width
    )
    assert [url for url in browser.requests if not url.startswith(("file:", "data:", "about:"))] == []
    browser.run(AXE.read_text(encoding="utf-8"))
    faults = browser.run(
        "axe.run(document, {resultTypes: ['violations']}).then((found) => found.violations"
        ".filter((each) => ['serious', 'critical'].includes(each.impact))"
        ".map((each) => [each.id, each.nodes.slice(0, 3).map((node) => node.html.slice(0, 200))]))"
    )
    assert faults == []


def test_on_a_phone_the_menu_opens_by_keyboard_and_a_choice_closes_it(written, browser):
    browser.ask("Page.navigate", url="about:blank")  # every folder is closed on a page just read
    visit(browser, "overview", PHONE)
    seen = "getComputedStyle(document.querySelector('.app-menu')).visibility"
    assert browser.run(seen) == "hidden"
    browser.run("document.querySelector('#menu-button').focus()")
    browser.press("Enter", 13)
    browser.wait(f"{seen} === 'visible'")
    folder = (
        "[...document.querySelectorAll('a.menu-tree')].find((each) => each.innerText.trim() === 'registers')"
    )
    browser.run(f"{folder}.focus()")
    browser.press("Enter", 13)
    register = "document.querySelector('a.menu-node[title=bef]')"
    browser.wait(f"{register}.offsetHeight")
    browser.run(f"{register}.focus()")
    browser.press("Enter", 13)
    browser.wait(
        f"{seen} === 'hidden' && document.querySelector('.app-content h1').innerText.includes('bef')"
    )


def test_a_column_is_described_in_full(written, browser, manifest):
    node = manifest["nodes"]["model.value_for_money.benchmark_indicators"]
    described = max((column["description"] for column in node["columns"].values()), key=len)
    for width in (PHONE, DESKTOP):
        visit(browser, "model/model.value_for_money.benchmark_indicators", width)
        cut = (
            "[...document.querySelectorAll('.column-row > td:nth-child(3)')]"
            ".filter((each) => each.scrollWidth > each.clientWidth)"
        )
        browser.wait("document.querySelectorAll('.column-row').length > 10")
        assert browser.run(f"{cut}.length") == 0
        assert " ".join(described.split())[:200] in " ".join(browser.run("document.body.innerText").split())


def test_without_a_warehouse_it_says_so(tmp_path):
    environment = os.environ | {"VFM_BUILD": str(tmp_path)}
    done = preloaded.run(
        [sys.executable, "-m", "vfm.pages.lineage"],
        cwd=PROJECT, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == (
        f"There is no {tmp_path}/warehouse.duckdb yet, from which the columns' types are read: "
        "make build makes it. See docs/bad_input.md#no-warehouse.\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_a_warehouse_that_cannot_be_read_is_said_in_one_sentence(tmp_path):
    (tmp_path / "warehouse.duckdb").write_text("no database")
    environment = os.environ | {"VFM_BUILD": str(tmp_path)}
    done = preloaded.run(
        [sys.executable, "-m", "vfm.pages.lineage"],
        cwd=PROJECT, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"{tmp_path}/warehouse.duckdb cannot be opened (")
    assert done.stderr.endswith("Remove it with make clean.\n") and done.stderr.count("\n") == 1


def test_no_text_of_the_data_ends_the_script():
    assert lineage.script_json({"a": "</script>"}) == '{"a":"<\\/script>"}'
    page = f"{lineage.HEAD}{lineage.ICON}<title>dbt Docs</title>"
    page += '["MANIFEST.JSON INLINE DATA","CATALOG.JSON INLINE DATA"]'
    assert '[{"a":1},{"b":2}]' in lineage.self_contained_page(page, {"a": 1}, {"b": 2})
    with pytest.raises(BuildError, match="dbt's page has not one"):
        lineage.self_contained_page("<html>", {}, {})
