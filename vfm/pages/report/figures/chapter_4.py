"""Chapter 4 of the page: what it costs."""

import altair as alt
import pandas as pd

from vfm.pages.report.charts import BLUE, ORANGE, finish, scale_of
from vfm.pages.report.figures.figure import Figure, figure, tips
from vfm.pages.report.tables import Results
from vfm.pages.report.words import Words


def expenditure_and_persons(results: Results, words: Words) -> Figure:
    """Figure 4.1: expenditure and full-year persons, as indices: two axes would mislead."""
    frame = results["report.figure_4_1"]
    columns = {"year": "year", "million_dkk": 0, "full_year_persons": 0}
    reasons = {"full_year_persons": "withheld_reason"}
    drawn = ["expenditure_index", "persons_index"]
    return figure("figure_4_1", words, frame, columns, drawn, _index_lines, reasons=reasons)


def _index_lines(shown, words):
    series = {
        words("series_expenditure"): ("million_dkk", "expenditure_index"),
        words("series_persons"): ("full_year_persons", "persons_index"),
    }
    tall = pd.concat(
        [
            shown[["year"]].assign(series=name, value=shown[value], index=shown[index])
            for name, (value, index) in series.items()
        ]
    )
    base = alt.Chart(tall).encode(
        x=alt.X("year:O", title=None, axis=alt.Axis(labelAngle=0)),
        y=alt.Y("index:Q", title=words("axis_index", year=int(shown["index_year"].iloc[0]))),
        color=alt.Color("series:N", title=None, scale=scale_of(series, (BLUE, ORANGE))),
        tooltip=tips(words, series=None, year="d", value=",.0f", index=".0f"),
    )
    shape = alt.Shape("series:N", title=None, scale=scale_of(series, ("circle", "square")))
    points = base.mark_point(filled=True, size=70, opacity=1).encode(shape=shape)
    return finish(base.mark_line(strokeWidth=2.2) + points, 280)


def mean_expenditure(results: Results, words: Words) -> Figure:
    """Figure 4.2: mean expenditure per full-year person by year, with the range of Table 4.3."""
    ranges = results["report.table_4_3"][["year", "min_dkk", "max_dkk"]]
    frame = results["report.figure_4_2"].merge(ranges, on="year", how="left", validate="one_to_one")
    columns = {"year": "year", "mean_dkk": 0, "min_dkk": 0, "max_dkk": 0}
    reasons = dict.fromkeys(("mean_dkk", "min_dkk", "max_dkk"), "few_persons")
    return figure("figure_4_2", words, frame, columns, ["mean_dkk"], _mean_bars, reasons=reasons)


def _mean_bars(shown, words):
    highest = shown["mean_dkk"].max()
    base = alt.Chart(shown).encode(
        x=alt.X("year:O", title=None, axis=alt.Axis(labelAngle=0)),
        y=alt.Y(
            "mean_dkk:Q",
            title=words("axis_dkk_per_person"),
            axis=alt.Axis(format=",.0f"),
            scale=alt.Scale(domain=[0, 1.1 * highest]),
        ),
        tooltip=tips(words, year="d", mean_dkk=",.0f"),
    )
    label = base.mark_text(dy=-8, fontSize=12).encode(text=alt.Text("mean_dkk:Q", format=",.0f"))
    return finish(base.mark_bar(color=BLUE, width={"band": 0.6}) + label, 260)
