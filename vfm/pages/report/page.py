"""Put the page together: texts, tables, charts and the scripts that draw them, in one file."""

import json
from functools import cache
from pathlib import Path

import jinja2
import vl_convert

from vfm.pages.report.figures import all_figures
from vfm.pages.report.sheets import all_sheets, sheet_charts
from vfm.pages.report.words import LANGUAGES, LOCALES, Words

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
LARGEST_PAGE = 5_000_000  # bytes
UNCERTAIN = 5  # quadrant_position of a municipality within the margin of error
ORIGINS = ("data_origin", "accounts_origin")
SIGNS = {"above": "▲", "around": "●", "below": "▼"}


def facts(results, words):
    """Find what the texts say in numbers.

    Returns
    -------
    dict
        {blank in a text: what is written there}.
    """
    indicators, number = results["benchmark.benchmark_indicators"], words.number
    positions = indicators["position"].value_counts()
    table_2_1 = _at(results["report.table_2_1"], "sex", "outcome")
    durations = _at(results["report.table_2_1_durations"], "sex")
    table_2_2 = _at(results["report.table_2_2"], "residence_ground", "outcome")
    incidence = _at(results["benchmark.cumulative_incidence"], "sex", "cause", "week")
    spread = _at(results["report.table_3_1"], "quantity")
    fifths = _at(results["report.table_3_2"], "quintile")
    totals, means = results["report.figure_4_1"], results["report.figure_4_2"]["mean_dkk"]
    years = totals["year"].dropna().astype(int)
    first, last = (years.min(), years.max()) if len(years) else (None, None)
    total = _at(totals, "year")
    line = _at(results["report.figure_5_1_regression"], "sample", "term")
    fit = _at(results["efficiency.frontier_fit"], "side", "distribution")
    model = _at(results["report.table_5_1_fit"], "model")
    quadrants = results["report.figure_5_2"]["quadrant_position"].value_counts()
    profiles = results["benchmark.municipal_profiles"]
    widths = profiles["marginal_rank_high"] - profiles["marginal_rank_low"] + 1
    cells = results["report.comparison_summary"][["cells", "set_aside", "within_tolerance"]].sum()
    likely = results["benchmark.quintile_probabilities"].groupby("municipality_code")["probability"].max()
    slope, without = ("all", "expenditure_indicator"), ("without_outlier", "expenditure_indicator")
    return {
        "municipalities": number(len(indicators)),
        "all_municipalities": number(len(results["report.appendix_table_5_1"])),
        **{f"municipalities_{name}": number(int(positions.get(name, 0))) for name in SIGNS},
        "spells": number(table_2_1("spells", "all", "total")),
        "success_percent": number(table_2_1("percent", "all", "success")),
        "refugee_percent": number(table_2_2("percent", "refugee", "success")),
        "reunified_percent": number(table_2_2("percent", "family_reunified", "success")),
        "weeks_all": number(durations("mean_weeks_unfinished_counted", "all")),
        "weeks_successes": number(durations("mean_weeks_successes_only", "all")),
        "men_in_work": words.percent(incidence("incidence", "men", "employment", 156)),
        "women_in_work": words.percent(incidence("incidence", "women", "employment", 156)),
        "mean_duration": number(spread("mean_weeks", "observed_duration"), 1),
        "deviation_before": number(spread("standard_deviation", "observed_duration"), 1),
        "deviation_after": number(spread("standard_deviation", "unexplained_duration"), 1),
        "variance_explained": number(spread("variance_reduction_percent", "unexplained_duration")),
        "first_fifth": number(fifths("benchmark_indicator", 1), 2),
        "last_fifth": number(fifths("benchmark_indicator", 5), 2),
        "first_year": str(first or ""),
        "last_year": str(last or ""),
        "million_first": number(total("million_dkk_2015_prices", first)),
        "million_last": number(total("million_dkk_2015_prices", last)),
        "persons_first": number(total("full_year_persons", first)),
        "persons_last": number(total("full_year_persons", last)),
        "mean_lowest": number(means.min()),
        "mean_highest": number(means.max()),
        "cost_r_squared": words.percent(model("r_squared", 3)),
        "slope": number(line("coefficient", *slope), 3),
        "slope_p": words.p_value(line("p_value", *slope)),
        "slope_r_squared": words.percent(line("r_squared", *slope), 1),
        "slope_without": number(line("coefficient", *without), 3),
        "slope_without_p": words.p_value(line("p_value", *without)),
        "in_a_corner": number(int(quadrants.drop(UNCERTAIN, errors="ignore").sum())),
        "uncertain": number(int(quadrants.get(UNCERTAIN, 0))),
        "production_p": words.p_value(fit("lr_p_value", "production", "half_normal")),
        "cost_p": words.p_value(fit("lr_p_value", "cost", "half_normal")),
        "cost_bootstrap_p": words.p_value(fit("lr_bootstrap_p_value", "cost", "half_normal")),
        "rank_width": number(widths.median()),
        "sure_of_fifth": number(int((likely >= 0.9).sum())),
        "cells": number(int(cells["cells"] - cells["set_aside"])),
        "cells_within": number(int(cells["within_tolerance"])),
        "cells_set_aside": number(int(cells["set_aside"])),
    }


def _at(frame, *keys):
    """A lookup of a column by the values of key columns; None where there is no such row."""
    rows = {tuple(row[key] for key in keys): row for row in frame.to_dict("records")}
    return lambda column, *values: rows.get(values, {}).get(column)


def origin(build, words):
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
def library():
    """Vega, Vega-Lite and Vega-Embed as one script, out of vl-convert: nothing is fetched."""
    return vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;").replace("</script", "<\\/script")


def is_synthetic(build):
    """Whether anything that is shown rests on made-up registers or accounts."""
    return any(_is_made_up(str(build[name])) for name in ORIGINS)


def _is_made_up(source):
    return source.lower().startswith("synthetic")


def render(results, language, geojson=None):
    """Write one page.

    Parameters
    ----------
    results : Results
    language : {'da', 'en'}
    geojson : list of dict, optional
        Outlines as from outlines.read.

    Returns
    -------
    str
        HTML that asks for nothing from outside itself.
    """
    words = Words(language)
    words.facts = facts(results, words)
    badge, sentence = origin(results.build, words)
    words.facts |= {"badge": badge}
    figures = all_figures(results, words, geojson)
    charts = {name: figure.spec for name, figure in figures.items() if figure.spec}
    sheets = {f"sheet_{name}": spec for name, spec in sheet_charts(results, words).items() if spec}
    data = {
        "language": language,
        "charts": charts | sheets,
        "locale": LOCALES[language],
        "failed": words("figure_failed"),
        "titles": {"none": words("title"), "one": words("title_of_one"), "said": words("chosen_now")},
    }
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(HERE),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        undefined=jinja2.StrictUndefined,
    )
    return environment.get_template("page.html.j2").render(
        words=words,
        language=language,
        badge=badge,
        origin=sentence,
        synthetic=is_synthetic(results.build),
        chapters=CHAPTERS,
        figures=figures,
        sheets=all_sheets(results, words),
        sheet_charts=list(sheets),
        positions=_positions(words),
        other=next(name for name in LANGUAGES if name != language),
        files=FILES,
        style=(HERE / "page.css").read_text(encoding="utf-8"),
        library=library(),
        script=(HERE / "page.js").read_text(encoding="utf-8"),
        data=_script_safe(data),
    )


def _positions(words):
    """How many municipalities are above, around and below what is expected: (name, sign, number, text)."""
    return [
        (name, sign, words.facts[f"municipalities_{name}"], words(f"position_{name}"))
        for name, sign in SIGNS.items()
    ]


def _script_safe(data):
    """JSON that may stand inside a script element."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), default=_plain)
    return text.replace("<", "\\u003c")


def _plain(value):
    return value.item()
