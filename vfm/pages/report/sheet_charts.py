"""The charts of a municipality's sheet; each shows the rows of the chosen municipality."""

import altair as alt
import pandas as pd

from vfm.pages.report import charts
from vfm.pages.report.charts import (
    BLUE,
    CHOSEN,
    GREY,
    ORANGE,
    QUARTERS,
    finish,
    half_years,
    halo,
    rule_at,
    scale_of,
)
from vfm.pages.report.figures.figure import QUINTILES
from vfm.pages.report.tables import Results
from vfm.pages.report.words import Words

# the table of the sheet that holds the numbers of a chart
SHEET_BLOCKS = {
    "sheet_curves": "survival",
    "sheet_money": "money",
    "sheet_ratios": "result",
    "sheet_quintiles": "quintiles",
}


def sheet_charts(results: Results, words: Words) -> dict[str, dict | None]:
    """Draw the charts of the sheet.

    Parameters
    ----------
    results : Results
    words : Words

    Returns
    -------
    dict
        {name: Vega-Lite}; a chart is None if all its cells are withheld.
    """
    return {
        "curves": _survival_curves(results, words),
        "money": _expenditure_lines(results, words),
        "ratios": _indicator_ratios(results, words),
        "quintiles": _quintile_bars(results, words),
    }


def _survival_curves(results, words):
    """Share without a job: the corridor in which the observed curve lies, and the expected curve."""
    frame = results["benchmark.municipal_curves"].sort_values(["municipality_code", "week"])
    given = frame.dropna(subset=["observed_survival"])
    steps = given.assign(
        until=given.groupby("municipality_code")["week"].shift(-1),
        low=given.groupby("municipality_code")["observed_survival"].shift(-1),
    )
    told = given.groupby("municipality_code")["week"].transform("size") > 1
    if not told.any():
        return None
    names = [words("observed"), words("expected")]
    beside = alt.Legend(columns=2)
    colour = alt.Color("curve:N", title=None, scale=scale_of(names, (BLUE, GREY)), legend=beside)
    x = alt.X(
        "week:Q",
        title=words("axis_weeks_since_start"),
        scale=alt.Scale(domain=[0, results.weeks], nice=False),
        axis=alt.Axis(values=half_years(results.weeks)),
    )
    y = alt.Y(
        "observed_survival:Q",
        title=words("axis_without_job"),
        scale=alt.Scale(domain=[0, 1]),
        axis=alt.Axis(format="%", values=QUARTERS),
    )
    observed = _packed(given[told], "week", "observed_survival", words("observed"))
    points = observed.mark_point(filled=True, size=22, opacity=1).encode(x=x, y=y, color=colour)
    corridor = (
        _packed(steps[told].dropna(subset=["until"]), "week", "until", "observed_survival", "low")
        .mark_rect(color=BLUE, opacity=0.28)
        .encode(x=x, x2="until:Q", y=y, y2="low:Q")
    )
    coarse = frame[(frame["week"] % 2 == 0) | (frame["week"] == results.weeks)]
    expected = (
        _packed(coarse, "week", "expected_survival", words("expected"))
        .mark_line(strokeWidth=2, strokeDash=[5, 3])
        .encode(x=x, y="expected_survival:Q", color=colour)
    )
    return finish(corridor + expected + points, 190, is_chooser=True)


def _packed(frame, *columns):
    """A chart of the chosen municipality's rows, which the page holds as one list a column."""
    *columns, curve = columns if columns[-1] not in frame else (*columns, "")
    rows = [
        {"municipality_code": code, "curve": curve} | {column: part[column].tolist() for column in columns}
        for code, part in frame.groupby("municipality_code")
    ]
    return alt.Chart(alt.Data(values=tuple(rows))).transform_filter(CHOSEN).transform_flatten(columns)


def _indicator_ratios(results, words):
    tables = {
        "benchmark_indicator": results["benchmark.benchmark_indicators"],
        "expenditure_indicator": results["expenditure.expenditure_indicators"],
    }
    names = [words(f"column_{column}") for column in tables]
    tall = pd.concat(
        [
            frame[["municipality_code", "ci_low", "ci_high"]].assign(value=frame[column], kind=kind)
            for kind, (column, frame) in zip(names, tables.items(), strict=True)
        ]
    )
    tall = tall.dropna(subset=["value"])
    if tall.empty:
        return None
    base = (
        alt.Chart(tall)
        .transform_filter(CHOSEN)
        .encode(y=alt.Y("kind:N", sort=names, title=None, scale=alt.Scale(domain=names)))
    )
    colour = alt.Color("kind:N", legend=None, scale=scale_of(names, (BLUE, ORANGE)))
    # a band with a line across it: a dot would hide an interval that is narrow beside the other one
    band = base.mark_bar(height=12, opacity=0.35).encode(
        x=alt.X("ci_low:Q", title=words("axis_ratio"), scale=alt.Scale(zero=False, padding=15)),
        x2="ci_high:Q",
        color=colour,
    )
    point = base.mark_tick(thickness=3, size=18, color="#111").encode(x="value:Q")
    text = halo(base.encode(x="value:Q", text=alt.Text("value:Q", format=".2f")), dy=-16, fontWeight="normal")
    return finish(rule_at(1) + band + point + text, 120, is_chooser=True)


def _quintile_bars(results, words):
    frame = results["benchmark.quintile_probabilities"].dropna(subset=["probability"])
    if frame.empty:
        return None
    names = [words(f"quintile_{quintile}") for quintile in QUINTILES]
    frame = frame.assign(word=frame["quintile"].map(lambda value: words(f"quintile_{value}")))
    base = (
        alt.Chart(frame)
        .transform_filter(CHOSEN)
        .encode(
            y=alt.Y(
                "word:N", sort=names, title=None, scale=alt.Scale(domain=names), axis=alt.Axis(labelLimit=180)
            )
        )
    )
    x = alt.X(
        "probability:Q",
        title=words("axis_probability"),
        axis=alt.Axis(format="%", values=QUARTERS),
        scale=alt.Scale(domain=[0, 1], nice=False),
    )
    bar = base.mark_bar(stroke="#777", strokeWidth=0.5).encode(
        x=x, color=alt.Color("word:N", legend=None, scale=scale_of(names, charts.QUINTILE_COLOURS))
    )
    # the label of a long bar stands in it: beside it there is no room
    label = base.encode(x=x, text=alt.Text("probability:Q", format=".0%"))
    beside = label.transform_filter("datum.probability < 0.8").mark_text(align="left", dx=4)
    inside = halo(label.transform_filter("datum.probability >= 0.8"), align="right", dx=-6, fontSize=11)
    return finish(bar + beside + inside, 120, is_chooser=True)


def _expenditure_lines(results, words):
    frame = results["report.municipal_expenditure"].dropna(subset=["actual_dkk", "expected_dkk"])
    if frame.empty:
        return None
    names = {"actual_dkk": words("actual"), "expected_dkk": words("expected")}
    tall = frame.melt(id_vars=["municipality_code", "year"], value_vars=list(names), var_name="what")
    tall["what"] = tall["what"].map(names)
    years = sorted(int(year) for year in frame["year"].unique())
    base = (
        alt.Chart(tall)
        .transform_filter(CHOSEN)
        .encode(
            x=alt.X("year:O", title=None, scale=alt.Scale(domain=years), axis=alt.Axis(labelAngle=0)),
            y=alt.Y(
                "value:Q",
                title=words("axis_dkk_per_person"),
                axis=alt.Axis(format=",.0f"),
                scale=alt.Scale(zero=True),
            ),
            color=alt.Color(
                "what:N",
                title=None,
                scale=scale_of(names.values(), (BLUE, GREY)),
                legend=alt.Legend(columns=2),
            ),
        )
    )
    line = base.mark_line(strokeWidth=2).encode(
        strokeDash=alt.StrokeDash("what:N", title=None, scale=scale_of(names.values(), ([1, 0], [5, 3])))
    )
    return finish(line + base.mark_point(filled=True, size=55, opacity=1), 190, is_chooser=True)
