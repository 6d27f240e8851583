"""Chapter 7 of the page: how sure we are."""

import textwrap

import altair as alt
import pandas as pd

from vfm.pages.report import charts
from vfm.pages.report.charts import (
    BLUE,
    CHOSEN,
    GREEN,
    ORANGE,
    QUARTERS,
    broken_axis,
    columns_of,
    finish,
    ring,
    rule_at,
    scale_of,
)
from vfm.pages.report.figures.figure import (
    QUINTILES,
    Figure,
    figure,
    municipality_axis,
    stripe,
    tips,
    with_position_words,
)
from vfm.pages.report.tables import Results
from vfm.pages.report.words import Words

LIMITS = ("limit_95", "limit_998", "adjusted_limit_95")
SENSITIVITY_COLOURS = (BLUE, ORANGE, GREEN)
SENSITIVITY_SHAPES = ("circle", "square", "diamond")


def funnel(results: Results, words: Words) -> Figure:
    """Which indicators lie outside what chance gives."""
    frame = with_position_words(results["benchmark.funnel_limits"], words, prefix="funnel")
    columns = {
        "municipality_name": "text",
        "spells": 0,
        "benchmark_indicator": 2,
        "limit_95_low": 2,
        "limit_95_high": 2,
        "position_word": "text",
    }
    drawn = ["precision", "benchmark_indicator"]
    curves = _funnel_lines(results["benchmark.funnel_curves"], words)
    return figure(
        "funnel", words, frame, columns, drawn, lambda shown, words: _funnel_points(shown, words, curves)
    )


def _funnel_lines(curves, words):
    names = [words(limit) for limit in LIMITS]
    tall = pd.concat(
        [
            curves[["precision"]].assign(limit=name, side=side, value=curves[f"{column}_{side}"])
            for column, name in zip(LIMITS, names, strict=True)
            for side in ("low", "high")
        ]
    )
    legend = alt.Legend(symbolType="stroke", symbolStrokeColor="#555", orient="bottom")
    return (
        alt.Chart(tall)
        .mark_line(color="#555")
        .encode(
            x="precision:Q",
            y="value:Q",
            detail="side:N",
            strokeWidth=alt.StrokeWidth(
                "limit:N", title=None, scale=scale_of(names, (1, 2.2, 1.4)), legend=legend
            ),
            strokeDash=alt.StrokeDash("limit:N", title=None, scale=scale_of(names, ([1, 0], [1, 0], [5, 3]))),
        )
    )


def _funnel_points(shown, words, curves):
    across = alt.Scale(zero=False, nice=False, padding=8)
    x = alt.X("precision:Q", title=words("axis_precision"), scale=across)
    y = alt.Y("benchmark_indicator:Q", title=words("axis_indicator"), scale=alt.Scale(zero=False))
    places = [words(f"funnel_{position}") for position in charts.FUNNEL_LOOKS]
    colours, shapes = zip(*charts.FUNNEL_LOOKS.values(), strict=True)
    points = (
        alt.Chart(shown)
        .mark_point(filled=True, size=70, opacity=0.9)
        .encode(
            x=x,
            y=y,
            color=alt.Color("position_word:N", title=None, scale=scale_of(places, colours)),
            shape=alt.Shape("position_word:N", title=None, scale=scale_of(places, shapes)),
            tooltip=tips(
                words,
                municipality_name=None,
                benchmark_indicator=".2f",
                spells=",.0f",
                position_word=None,
            ),
        )
    )
    return finish(rule_at(1, "y") + curves + points + ring(shown, x, y), 400, is_chooser=True)


def quintile_probabilities(results: Results, words: Words) -> Figure:
    """With what probability a municipality belongs to each fifth."""
    ranks = results["benchmark.benchmark_indicators"][["municipality_code", "rank"]]
    frame = results["benchmark.quintile_probabilities"].merge(
        ranks, on="municipality_code", validate="many_to_one"
    )
    frame = frame.sort_values(["rank", "quintile"], ignore_index=True)
    frame["quintile_word"] = frame["quintile"].map(lambda value: words(f"quintile_{value}"))
    wide = frame.pivot_table(
        index=["rank", "municipality_name"],
        columns="quintile",
        values="probability",
        dropna=False,
        observed=True,
    )
    wide = wide.dropna(how="all").reindex(columns=QUINTILES).sort_index().reset_index()
    header = [words("column_municipality_name"), *(words(f"quintile_{quintile}") for quintile in QUINTILES)]
    rows = [
        [row["municipality_name"], *(words.percent(row[quintile]) for quintile in QUINTILES)]
        for _, row in wide.iterrows()
    ]
    shown = frame.dropna(subset=["probability"])
    spec = None if shown.empty else _probability_bars(shown, words)
    return Figure("quintile_probabilities", spec, header, rows)


def _probability_bars(shown, words):
    order = shown["municipality_name"].unique().tolist()
    names = [words(f"quintile_{quintile}") for quintile in QUINTILES]
    x = alt.X(
        "probability:Q",
        stack="zero",
        title=words("axis_probability"),
        axis=alt.Axis(format="%", values=QUARTERS, orient="top"),
        scale=alt.Scale(domain=[0, 1], nice=False),
    )
    colour = alt.Color(
        "quintile_word:N",
        title=None,
        scale=scale_of(names, charts.QUINTILE_COLOURS),
        legend=alt.Legend(columns=columns_of(5)),
    )
    bars = (
        alt.Chart(shown)
        .mark_bar(height={"band": 0.86})
        .encode(
            y=municipality_axis(order),
            x=x,
            order="quintile:O",
            color=colour,
            stroke=alt.condition(CHOSEN, alt.value("#000"), alt.value(None)),
            tooltip=tips(words, municipality_name=None, quintile_word=None, probability=".0%"),
        )
    )
    return finish(bars, 13 * len(order), is_chooser=True)


def rank_sets(results: Results, words: Words) -> Figure:
    """Which ranks a municipality can have: alone, and with all others at once."""
    frame = results["benchmark.municipal_profiles"].sort_values("rank", ignore_index=True)
    columns = {
        "municipality_name": "text",
        "rank": 0,
        "marginal_rank_low": 0,
        "marginal_rank_high": 0,
        "simultaneous_rank_low": 0,
        "simultaneous_rank_high": 0,
    }
    drawn = ["rank", "simultaneous_rank_low", "marginal_rank_low"]
    return figure("rank_sets", words, frame, columns, drawn, _rank_lines)


def _rank_lines(shown, words):
    order = shown["municipality_name"].tolist()
    y = municipality_axis(order)
    names = [words("legend_simultaneous"), words("legend_marginal")]
    wide, narrow = (
        shown[["municipality_code", "municipality_name", "rank"]].assign(
            set=name, low=shown[f"{kind}_rank_low"], high=shown[f"{kind}_rank_high"]
        )
        for name, kind in zip(names, ("simultaneous", "marginal"), strict=True)
    )
    scale = alt.Scale(domain=[1, len(order)], nice=False, padding=4)
    x = alt.X("low:Q", title=words("axis_rank"), scale=scale, axis=alt.Axis(orient="top"))
    look = {
        "y": y,
        "x": x,
        "x2": "high:Q",
        "color": alt.Color("set:N", title=None, scale=scale_of(names, ("#b9d7ea", BLUE))),
        "tooltip": tips(words, municipality_name=None, rank="d", set=None, low="d", high="d"),
    }
    outer = alt.Chart(wide).mark_bar(height=8).encode(**look)
    inner = alt.Chart(narrow).mark_bar(height=3).encode(**look)
    point = (
        alt.Chart(shown)
        .mark_point(filled=True, size=22, color="#000", opacity=1)
        .encode(y=y, x=alt.X("rank:Q", scale=scale))
    )
    return finish(stripe(shown, order) + outer + inner + point, 13 * len(order), is_chooser=True)


def printed_and_rebuilt(results: Results, words: Words) -> Figure | None:
    """How many printed cells of each table the rebuilt ones are near; None for other years."""
    if not results.is_compared_with_print:
        return None
    frame = results["report.comparison_summary"]
    frame = frame.assign(item_word=frame["report_item"].map(lambda value: words(f"item_{value}")))
    columns = {
        "item_word": "text",
        "cells": 0,
        "set_aside": 0,
        "within_tolerance": 0,
        "share_within": "percent",
    }
    reasons = {"share_within": "none_to_compare"}
    return figure("printed_rebuilt", words, frame, columns, ["share_within"], _within_bars, reasons=reasons)


def _within_bars(shown, words):
    columns = ["cells", "set_aside", "within_tolerance", "share_within", "item_word"]
    shown = shown[columns].assign(item_broken=shown["item_word"].str.replace(": ", ":|"))
    order = shown["item_broken"].tolist()
    x = alt.X(
        "share_within:Q",
        title=words("axis_share_within"),
        axis=alt.Axis(format="%", values=QUARTERS),
        scale=alt.Scale(domain=[0, 1]),
    )
    bars = (
        alt.Chart(shown)
        .mark_bar(color=BLUE, height={"band": 0.65})
        .encode(
            x=x,
            y=alt.Y("item_broken:N", sort=order, title=None, axis=broken_axis()),
            tooltip=tips(
                words,
                item_word=None,
                cells=",.0f",
                within_tolerance=",.0f",
                set_aside=",.0f",
                share_within=".0%",
            ),
        )
    )
    return finish(bars, 30 * len(order))


def sensitivity(results: Results, words: Words) -> Figure | None:
    """What other assumptions change; None where no other assumptions were computed."""
    frame = results.get("report.sensitivity")
    if frame is None or frame.empty:
        return None
    frame = frame.sort_values(["alternative_number", "indicator"], ignore_index=True)
    frame = frame.assign(
        label=frame[f"label_{words.language}"],
        indicator_word=frame["indicator"].map(lambda name: words(f"indicator_{name}")),
    )
    columns = {
        "label": "text",
        "indicator_word": "text",
        "municipalities_in_both": 0,
        "rank_correlation": 3,
        "position_changes": 0,
    }
    reasons = {"rank_correlation": "none_to_compare", "position_changes": "without_positions"}
    return figure(
        "sensitivity", words, frame, columns, ["rank_correlation"], _correlation_points, reasons=reasons
    )


def _correlation_points(shown, words):
    shown = shown.assign(
        broken=shown["label"].map(lambda label: "|".join(textwrap.wrap(label, 24))),
        changing=[
            words.missing("without_positions") if pd.isna(number) else words.number(number)
            for number in shown["position_changes"]
        ],
    )
    order = shown["broken"].unique().tolist()
    names = shown["indicator_word"].unique().tolist()
    scale = alt.Scale(domain=[min(0.5, float(shown["rank_correlation"].min())), 1])
    points = (
        alt.Chart(shown)
        .mark_point(filled=True, size=70, opacity=1)
        .encode(
            x=alt.X("rank_correlation:Q", title=words("axis_rank_correlation"), scale=scale),
            y=alt.Y("broken:N", sort=order, title=None, axis=broken_axis(grid=True)),
            yOffset=alt.YOffset("indicator_word:N", sort=names),
            color=alt.Color("indicator_word:N", title=None, scale=scale_of(names, SENSITIVITY_COLOURS)),
            shape=alt.Shape("indicator_word:N", title=None, scale=scale_of(names, SENSITIVITY_SHAPES)),
            tooltip=tips(words, label=None, indicator_word=None, rank_correlation=".3f", changing=None),
        )
    )
    return finish(points, (11 * len(names) + 10) * len(order) + 20)
