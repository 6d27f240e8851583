"""Two to six municipalities side by side: the cells that the page's script puts together, and two charts."""

import altair as alt

from vfm.pages.report.charts import BLUE, ORANGE, finish, halo, rule_at
from vfm.pages.report.neighbours import dkk_against_expected, weeks_against_expected
from vfm.pages.report.tables import Results, is_missing
from vfm.pages.report.words import Words, Written

MOST = 6  # the joint intervals of municipal_pairs hold for the pairs of so many
SHOWN_GROUPS = ("share_refugees", "share_under_25", "share_danish_education_1", "share_syria")
COMPARED = "indexof(compared, datum.municipality_code) >= 0"
#: How the other of a pair stands: (by itself, among six) -> one letter, so that all pairs take little room.
LETTERS = {
    ("above", "above"): "A",
    ("above", "around"): "a",
    ("below", "below"): "B",
    ("below", "around"): "b",
    ("around", "around"): "o",
}


def compared(results: Results, municipalities: dict[str, dict], words: Words) -> dict:
    """Write what the script needs to set municipalities side by side.

    Parameters
    ----------
    results : Results
    municipalities : dict
        As from sheet_tables.rows_of_municipalities.
    words : Words

    Returns
    -------
    dict
        labels: of the rows; cells: {code: a text, or [text, number], for each row}; benchmarked: codes;
        pairs: {code: a letter for each of these, how that one does beside it}; most: how many can be
        compared; words: of the messages.
    """
    rows = {code: _cells(own, words) for code, own in municipalities.items()}
    first = next(iter(rows.values()))
    pairs = results["benchmark.municipal_pairs"]
    benchmarked = sorted(pairs["municipality_code"].unique())
    keys = ("one", "many", "unknown", "none_apart", "better", "outside", "pair", "joint")
    return {
        "labels": list(first),
        "cells": {code: [_packed(cell) for cell in cells.values()] for code, cells in rows.items()},
        "benchmarked": benchmarked,
        "pairs": _letters(pairs, benchmarked),
        "most": MOST,
        "words": {key: words(f"compare_{key}") for key in keys},
    }


def compare_charts(results: Results, words: Words) -> dict[str, dict | None]:
    """Draw weeks and kroner against what is expected, a row a municipality: {name: Vega-Lite}."""
    frame = results["report.municipal_answers"]
    return {
        "weeks": _intervals(frame, "difference_weeks", words("axis_weeks_sooner"), BLUE, ".1f"),
        "dkk": _intervals(frame, "difference_dkk", words("axis_dkk_more"), ORANGE, ",.0f"),
    }


def _cells(own, words):
    """The cells of one municipality, {label: text}."""
    answer, observed, indicator, whole = (
        own[name] for name in ("answer", "observed", "indicator", "expenditure")
    )
    outside = words.missing("not_in_benchmark")
    cells = {
        words("region"): own["place"]["region"],
        words("column_spells"): words.number(observed["spells"], reason=observed["spells_withheld_reason"]),
        words("column_observed_mean_duration_weeks"): words.number(
            observed["observed_mean_duration_weeks"], 1, reason=observed["duration_withheld_reason"]
        ),
        words("column_expected_mean_duration_weeks"): words.number(
            answer["expected_mean_duration_weeks"], 1, reason="not_in_benchmark"
        ),
        words("column_weeks_against_expected"): weeks_against_expected(answer, words)
        if indicator
        else outside,
        words("column_benchmark_indicator"): _ratio(
            indicator, "benchmark_indicator", words, "not_in_benchmark"
        ),
        words("column_position_word"): words(f"position_{answer['result_position']}")
        if indicator
        else outside,
        words("column_rank"): _rank(answer, words) if indicator else outside,
        words("compare_expected_dkk"): words.number(answer["expected_dkk"], reason=_why_no_cost(indicator)),
        words("column_dkk_against_expected"): dkk_against_expected(answer, words) if indicator else outside,
        words("column_expenditure_indicator"): _ratio(
            whole, "expenditure_indicator", words, _why_no_cost(indicator)
        ),
        words("compare_swings"): words.number(answer["expenditure_swings"]),
        words("compare_peers_better"): _peers_better(answer, words) if indicator else outside,
    }
    return cells | _groups(own, words)


def _why_no_cost(indicator):
    return "not_in_benchmark" if indicator is None else "not_modelled"


def _ratio(found, column, words, reason):
    """An indicator with its interval."""
    if not found:
        return words.missing(reason)
    interval = words.interval(found["ci_low"], found["ci_high"], reason=found.get("uncertainty_reason"))
    return f"{words.number(found[column], 2)} ({interval})"


def _rank(answer, words):
    if is_missing(answer["rank"]):
        return words("no_rank")
    low, high = (words.number(answer[f"rank_{end}"]) for end in ("low", "high"))
    return words("compare_rank", rank=words.number(answer["rank"]), low=low, high=high)


def _peers_better(answer, words):
    return words(
        "compare_of_peers", better=words.number(answer["peers_better"]), peers=words.number(answer["peers"])
    )


def _groups(own, words):
    shown = {line["term"]: line for line in own["groups"]}
    return {
        words(f"column_{term}"): words.percent(shown[term]["share"], reason=shown[term]["withheld_reason"])
        if term in shown
        else words.missing("not_estimated")
        for term in SHOWN_GROUPS
    }


def _packed(cell):
    return [str(cell), cell.value] if isinstance(cell, Written) else str(cell)


def _letters(pairs, benchmarked):
    """One line of letters a municipality; a space stands for itself and for a pair without an error."""
    columns = ("municipality_code", "other_municipality_code", "other_position", "joint_other_position")
    known = {
        (own, other): LETTERS[position, joint]
        for own, other, position, joint in pairs[list(columns)].itertuples(index=False)
        if not is_missing(position)
    }
    return {own: "".join(known.get((own, other), " ") for other in benchmarked) for own in benchmarked}


def _intervals(frame, column, title, colour, number):
    shown = frame.dropna(subset=[column])
    if shown.empty:
        return None
    kept = ["municipality_code", "municipality_name", column, f"{column}_low", f"{column}_high"]
    base = (
        alt.Chart(shown[kept]).transform_filter(COMPARED).encode(y=alt.Y("municipality_name:N", title=None))
    )
    axis = alt.Axis(format=",.0f" if number == ",.0f" else "~f", labelOverlap="greedy", labelSeparation=8)
    low = alt.X(
        f"{column}_low:Q",
        title=title,
        scale=alt.Scale(zero=True, padding=12),
        axis=axis,
    )
    band = base.mark_bar(height=12, color=colour, opacity=0.35).encode(x=low, x2=f"{column}_high:Q")
    tick = base.mark_tick(thickness=3, size=18, color="#111").encode(x=f"{column}:Q")
    text = halo(base.encode(x=f"{column}:Q", text=alt.Text(f"{column}:Q", format=number)), dy=-16)
    chart = (rule_at(0) + band + tick + text).add_params(alt.param(name="compared", value=[]))
    return finish(chart, alt.Step(46))
