"""Chapter 5 of the page: expenditure against result."""

import altair as alt

from vfm.pages.report.charts import BLUE, CHOSEN, GREY, ORANGE, finish, halo, ring, rule_at, scale_of
from vfm.pages.report.figures.figure import Figure, figure, tips, two_lines, with_position_words
from vfm.pages.report.tables import Results
from vfm.pages.report.words import Words

# colour and shape by place in the legend
QUADRANT_LOOKS = {
    1: ("#6aaed6", "square"),
    2: (BLUE, "triangle-up"),
    3: (ORANGE, "triangle-down"),
    4: ("#f4a259", "diamond"),
    5: ("#9a9a9a", "circle"),
}
INDICATORS = ["expenditure_indicator", "benchmark_indicator"]


def _indicator_axes(words):
    scale = alt.Scale(zero=False, padding=12)
    return (
        alt.X("expenditure_indicator:Q", title=words("axis_expenditure_indicator"), scale=scale),
        alt.Y("benchmark_indicator:Q", title=words("axis_indicator"), scale=scale),
    )


def result_against_expenditure(results: Results, words: Words) -> Figure:
    """Figure 5.1: result against expenditure with the report's regression lines."""
    frame = results["report.figure_5_1"]
    columns = {"municipality_name": "text", "expenditure_indicator": 2, "benchmark_indicator": 2, "weight": 0}
    return figure("figure_5_1", words, frame, columns, INDICATORS, _regression_lines)


def _regression_lines(shown, words):
    x, y = _indicator_axes(words)
    places = shown[["municipality_code", "municipality_name", *INDICATORS, "weight"]]
    points = (
        alt.Chart(places)
        .mark_circle(color=GREY, opacity=0.55)
        .encode(
            x=x,
            y=y,
            size=alt.Size("weight:Q", legend=None, scale=alt.Scale(range=[25, 900])),
            tooltip=tips(
                words,
                municipality_name=None,
                benchmark_indicator=".2f",
                expenditure_indicator=".2f",
                weight=",.0f",
            ),
        )
    )
    names = {"fitted_with_all": words("line_all")}
    outlier = places[shown["is_outlier"]]
    if words.outlier:
        names["fitted_without_169"] = words("line_without_outlier")
    lines = two_lines(shown, "expenditure_indicator", names, (BLUE, ORANGE))
    chart = points + lines
    if not outlier.empty:
        left_out = alt.Chart(outlier).transform_filter(f"!({CHOSEN})")
        named = left_out.encode(x=x, y=y, text="municipality_name:N")
        chart = chart + halo(named, align="right", dx=-10, fontWeight="normal")
    return finish(chart + ring(places, x, y), 380, is_chooser=True)


def corners_of_the_map(results: Results, words: Words) -> Figure:
    """Figure 5.2: who differs beyond the margin of error on both indicators, by the total error."""
    frame = with_position_words(results["report.figure_5_2"], words, "benchmark_position")
    frame["quadrant_word"] = frame[f"total_quadrant_{words.language}"]
    for word, column in (
        ("expenditure_word", "total_expenditure_position"),
        ("report_expenditure_word", "expenditure_position"),
    ):
        frame[word] = frame[column].map(lambda value: words(f"expenditure_{value}"))
    columns = {
        "municipality_name": "text",
        "benchmark_indicator": 2,
        "position_word": "text",
        "expenditure_indicator": 2,
        "expenditure_word": "text",
        "report_expenditure_word": "text",
    }
    note = words("figure_5_2_note")
    return figure("figure_5_2", words, frame, columns, INDICATORS, _corner_points, note=note)


def _corner_points(shown, words):
    x, y = _indicator_axes(words)
    corners = shown.drop_duplicates("total_quadrant_position").sort_values("total_quadrant_position")
    names = corners["quadrant_word"].tolist()
    colours, shapes = zip(
        *(QUADRANT_LOOKS[place] for place in corners["total_quadrant_position"]), strict=True
    )
    points = (
        alt.Chart(shown)
        .mark_point(filled=True, size=75, opacity=0.9)
        .encode(
            x=x,
            y=y,
            color=alt.Color("quadrant_word:N", title=None, scale=scale_of(names, colours)),
            shape=alt.Shape("quadrant_word:N", title=None, scale=scale_of(names, shapes)),
            tooltip=tips(
                words,
                municipality_name=None,
                benchmark_indicator=".2f",
                position_word=None,
                expenditure_indicator=".2f",
                expenditure_word=None,
            ),
        )
    )
    return finish(rule_at(1) + rule_at(1, "y") + points + ring(shown, x, y), 400, is_chooser=True)
