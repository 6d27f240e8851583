"""Put the page together: texts, tables, charts and the scripts that draw them, in one file."""

import json
from functools import cache
from pathlib import Path

import vl_convert
from altair.utils.schemapi import debug_mode

from vfm.pages.report.compare import compare_charts, compared
from vfm.pages.report.facts import text_facts
from vfm.pages.report.figures import all_figures
from vfm.pages.report.glossary import glossary
from vfm.pages.report.sheet_charts import SHEET_BLOCKS, sheet_charts
from vfm.pages.report.sheet_tables import all_sheets, rows_of_municipalities
from vfm.pages.report.tables import Results
from vfm.pages.report.words import LANGUAGES, LOCALES, Words
from vfm.pages.writing import filled_template

HERE = Path(__file__).parent
FILES = {"da": "index.html", "en": "en.html"}
CHAPTERS = {
    "arrivals": ("arrivals", "cumulative_incidence"),
    "case_mix": ("expected_observed", "case_mix"),
    "benchmark": ("figure_3_1", "intervals"),
    "costs": ("figure_4_1", "figure_4_2"),
    "spending_and_result": ("figure_5_1", "figure_5_2"),
    "frontiers": ("figure_5_3", "figure_5_4"),
    "certainty": ("funnel", "quintile_probabilities", "rank_sets", "printed_rebuilt"),
}
LARGEST_PAGE = 3_500_000  # bytes
SCRIPTS = ("page.js", "words.js", "take.js", "compare.js", "start.js")  # one module, in this order
ORIGINS = ("data_origin", "accounts_origin")
SIGNS = {"above": "▲", "around": "●", "below": "▼"}


def origin(build: dict, words: Words) -> tuple[str, str]:
    """Say which data is shown: (a badge of few words, a sentence)."""
    sources = {name: str(build[name]) for name in ORIGINS}
    synthetic = {name: _is_made_up(source) for name, source in sources.items()}
    if all(synthetic.values()):
        key = "synthetic"
    elif synthetic["data_origin"]:
        key = "synthetic_registers"
    elif synthetic["accounts_origin"]:
        key = "synthetic_accounts"
    else:
        key = "given"
    translated = {
        name: source.replace("synthetic", words("synthetic_word")).replace("seed", words("seed_word"))
        if synthetic[name]
        else source
        for name, source in sources.items()
    }
    built = build["built_at"]
    return words(f"badge_{key}"), words(
        "origin",
        registers=translated["data_origin"],
        accounts=translated["accounts_origin"],
        day=words("day", day=built.day, month=words(f"month_{built.month}"), year=built.year),
        commit=str(build["git_commit"])[:8],
    )


@cache
def drawing_library() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script, out of vl-convert: nothing is fetched."""
    return vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;").replace("</script", "<\\/script")


def is_synthetic(build: dict) -> bool:
    """Whether anything that is shown rests on made-up registers or accounts."""
    return any(_is_made_up(str(build[name])) for name in ORIGINS)


def _is_made_up(source):
    return source.lower().startswith("synthetic")


def page_html(results: Results, language: str, geojson: list[dict] | None = None) -> str:
    """Write one page.

    Parameters
    ----------
    results : Results
    language : {'da', 'en'}
    geojson : list of dict, optional
        Outlines as from outlines.read_outlines.

    Returns
    -------
    str
        HTML that asks for nothing from outside itself.
    """
    words = Words(language)
    words.facts = text_facts(results, words)
    badge, sentence = origin(results.build, words)
    words.facts |= {"badge": badge}
    with debug_mode(False):  # each part of a chart is held against the schema once, as part of the whole
        figures = all_figures(results, words, geojson)
        sheets = {f"sheet_{name}": spec for name, spec in sheet_charts(results, words).items() if spec}
        beside = {f"compare_{name}": spec for name, spec in compare_charts(results, words).items() if spec}
    charts = {name: figure.spec for name, figure in figures.items() if figure.spec}
    municipalities = rows_of_municipalities(results)
    explained = glossary(language)
    data = _data_of_script(results, municipalities, charts | sheets | beside, explained, badge, words)
    return filled_template(
        "report/page.html.j2",
        words=words,
        language=language,
        badge=badge,
        origin=" ".join([sentence, *_accepted(results, words)]),
        synthetic=is_synthetic(results.build),
        chapters=CHAPTERS,
        figures=figures,
        sheets=all_sheets(municipalities, words),
        sheet_charts=list(sheets),
        sheet_blocks=SHEET_BLOCKS,
        compare_charts=list(beside),
        glossary=explained,
        positions=_positions(words),
        missing_cells=lambda missing: _missing_cells(missing, words),
        other=next(name for name in LANGUAGES if name != language),
        files=FILES,
        style=(HERE / "page.css").read_text(encoding="utf-8"),
        library=drawing_library(),
        script="\n".join((HERE / name).read_text(encoding="utf-8") for name in SCRIPTS),
        data=_script_safe(data),
    )


def _data_of_script(results, municipalities, charts, explained, badge, words):
    """What the page's script reads, as it stands in the page."""
    return {
        "language": words.language,
        "charts": charts,
        "compare": compared(results, municipalities, words),
        "terms": [{"id": entry["id"], "forms": entry["forms"]} for entry in explained],
        "take": {
            "file": words("file_synthetic" if is_synthetic(results.build) else "file_given"),
            "note": _note(badge, words),
        },
        "takeOut": words("take_out"),
        "locale": LOCALES[words.language],
        "failed": words("figure_failed"),
        "titles": {"none": words("title"), "one": words("title_of_one"), "said": words("chosen_now")},
    }


def _note(badge, words):
    """What stands below a figure that is taken away from the page."""
    return f"{badge}. {words('margin')} {words('take_note')}"


def _accepted(results, words):
    """Say what is unusual in the delivery and was accepted, with the reasons as the analysts wrote them."""
    table = results.tables["meta.delivery_acceptances"]
    findings = [f"{row.finding} ({row.reason.rstrip('.')})" for row in table[table["is_found"]].itertuples()]
    return [words("accepted", findings="; ".join(findings))] if findings else []


def _positions(words):
    """How many municipalities are above, around and below what is expected: (name, sign, number, text)."""
    return [
        (name, sign, words.facts[f"municipalities_{name}"], words(f"position_{name}"))
        for name, sign in SIGNS.items()
    ]


def _missing_cells(missing, words):
    """Say how many cells of a table have no number, and why: {reason: number of cells}."""
    counts = ", ".join(f"{words.number(count)} {words.missing(reason)}" for reason, count in missing.items())
    return words("missing_cells", counts=counts)


def _script_safe(data):
    """JSON that may stand inside a script element."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), default=_plain)
    return text.replace("<", "\\u003c")


def _plain(value):
    return value.item()
