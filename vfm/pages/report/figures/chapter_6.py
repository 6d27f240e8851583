"""Chapter 6 of the page: the frontiers."""

import altair as alt
import pandas as pd

from vfm.pages.report.charts import GREEN, GREY, ORANGE, finish, ring
from vfm.pages.report.figures.figure import Figure, figure, tips, two_lines
from vfm.pages.report.tables import Results
from vfm.pages.report.words import Words


def production_frontier(results: Results, words: Words) -> Figure:
    """Figure 5.3, the production frontier."""
    return _frontier("figure_5_3", results, words, "expenditure_indicator", "benchmark_indicator")


def cost_frontier(results: Results, words: Words) -> Figure:
    """Figure 5.4, the cost frontier."""
    return _frontier("figure_5_4", results, words, "benchmark_indicator", "expenditure_indicator")


def _frontier(name, results, words, across, up):
    frame = results[f"report.{name}"]
    frame = frame.assign(
        rank_of_ten_best=frame["rank_of_ten_best"].astype("float"),
        best_word=["" if pd.isna(rank) else words.number(rank) for rank in frame["rank_of_ten_best"]],
    )
    columns = {
        "municipality_name": "text",
        "expenditure_indicator": 2,
        "benchmark_indicator": 2,
        "frontier": 2,
        "regression": 2,
        "best_word": "text",
    }
    best = frame[frame["is_among_ten_best"]].sort_values("rank_of_ten_best")
    names = ", ".join(f"{row.best_word} {row.municipality_name}" for row in best.itertuples())
    boundary = "none" if frame.empty else frame["boundary"].iloc[0]
    if boundary == "none":
        note = words("ten_best", names=names) if names else ""
    else:
        note = words(f"boundary_{boundary}")
    return figure(
        name,
        words,
        frame,
        columns,
        ["expenditure_indicator", "benchmark_indicator"],
        lambda shown, words: _frontier_points(shown, words, across, up),
        note=note,
    )


def _frontier_points(shown, words, across, up):
    scale = alt.Scale(zero=False, padding=12)
    x = alt.X(f"{across}:Q", title=words(f"axis_{across}"), scale=scale)
    y = alt.Y(f"{up}:Q", title=words(f"axis_{up}"), scale=scale)
    points = (
        alt.Chart(shown)
        .mark_circle(size=45, opacity=0.6, color=GREY)
        .encode(
            x=x,
            y=y,
            tooltip=tips(
                words,
                municipality_name=None,
                benchmark_indicator=".2f",
                expenditure_indicator=".2f",
                frontier=".2f",
            ),
        )
    )
    best = shown[shown["is_among_ten_best"]]
    look = {"color": ORANGE, "opacity": 1, "stroke": "#fff", "strokeWidth": 1.5}
    marked = (
        alt.Chart(best)
        .mark_circle(size=alt.expr("width < 470 ? 130 : 230"), **look)
        .encode(x=x, y=y, tooltip=tips(words, municipality_name=None, rank_of_ten_best="d"))
    )
    number = (
        alt.Chart(best)
        .mark_text(color="#fff", fontSize=alt.expr("width < 470 ? 8 : 10"), fontWeight="bold")
        .encode(x=x, y=y, text=alt.Text("rank_of_ten_best:Q", format="d"))
    )
    names = {"frontier": words("line_frontier"), "regression": words("line_regression")}
    lines = two_lines(shown, across, names, (GREEN, ORANGE))
    return finish(points + lines + marked + number + ring(shown, x, y, 380), 380, is_chooser=True)
