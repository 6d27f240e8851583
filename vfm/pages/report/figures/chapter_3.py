"""Chapter 3 of the page: the benchmark."""

import altair as alt
import pandas as pd

from vfm.pages.report import charts, outlines
from vfm.pages.report.charts import CHOSEN, columns_of, finish, rule_at, scale_of
from vfm.pages.report.figures.figure import (
    QUINTILES,
    Figure,
    figure,
    municipality_axis,
    position_colour,
    position_shape,
    short_name,
    stripe,
    tips,
    with_position_words,
    written_table,
)
from vfm.pages.report.tables import Results
from vfm.pages.report.words import Words


def map_of_quintiles(results: Results, words: Words, geojson: list[dict] | None = None) -> Figure:
    """Figure 3.1, the municipalities' fifth of the benchmark: tiles, or outlines where they are given."""
    frame = results["report.figure_3_1"]
    frame = frame.assign(
        quintile_word=[
            words("not_in_benchmark") if pd.isna(value) else words(f"quintile_{int(value)}")
            for value in frame["quintile"]
        ],
        quintile_label=["–" if pd.isna(value) else str(int(value)) for value in frame["quintile"]],
        short=frame["municipality_name"].map(short_name),
    )
    columns = {"municipality_name": "text", "quintile_word": "text", "benchmark_indicator": 2}
    table = written_table(frame, columns, words, {"benchmark_indicator": "not_in_benchmark"})
    spec = None
    if frame["quintile"].notna().any():
        spec = _outlined_map(frame, words, geojson) if geojson else _tile_map(frame, words)
    return Figure("figure_3_1", spec, table.columns, table.rows, is_map=bool(geojson))


def _quintile_colour(words):
    names = [words(f"quintile_{quintile}") for quintile in QUINTILES] + [words("not_in_benchmark")]
    return alt.Color(
        "quintile_word:N",
        title=words("column_quintile"),
        scale=scale_of(names, (*charts.QUINTILE_COLOURS, "#ffffff")),
        legend=alt.Legend(columns=columns_of(6)),
    )


def _quintile_tips(words):
    return tips(words, municipality_name=None, quintile_word=None, benchmark_indicator=".2f")


def _tile_map(shown, words):
    across = alt.X("tile_column:O", axis=None, scale=alt.Scale(paddingInner=0.06))
    down = alt.Y("tile_row:O", axis=None, scale=alt.Scale(paddingInner=0.06))
    base = alt.Chart(shown).encode(x=across, y=down, tooltip=_quintile_tips(words))
    tile = base.mark_rect(cornerRadius=3, stroke="#777").encode(
        color=_quintile_colour(words),
        stroke=alt.condition(CHOSEN, alt.value("#000"), alt.value("#777")),
        strokeWidth=alt.condition(CHOSEN, alt.value(4), alt.value(0.6)),
    )
    ink = alt.condition(
        "datum.quintile_label == '1' || datum.quintile_label == '5'", alt.value("#fff"), alt.value("#111")
    )
    number = base.mark_text(fontSize=12, fontWeight="bold", dy=alt.expr("width < 470 ? 0 : 8")).encode(
        text="quintile_label:N", color=ink
    )
    name = base.mark_text(fontSize=alt.expr("width < 470 ? 0 : 9.5"), dy=-7).encode(text="short:N", color=ink)
    return finish(tile + number + name, 470, is_chooser=True)


def _outlined_map(shown, words, geojson):
    columns = ["municipality_code", "municipality_name", "quintile_word", "benchmark_indicator"]
    shapes = outlines.with_values(geojson, shown[columns])
    chart = (
        alt.Chart(alt.Data(values=tuple(shapes)))
        .mark_geoshape(stroke="#555")
        .project(type="identity", reflectY=True)
        .encode(
            color=_quintile_colour(words),
            tooltip=_quintile_tips(words),
            stroke=alt.condition(CHOSEN, alt.value("#000"), alt.value("#777")),
            strokeWidth=alt.condition(CHOSEN, alt.value(3), alt.value(0.5)),
        )
    )
    return finish(chart, 520, is_chooser=True)


def indicator_intervals(results: Results, words: Words) -> Figure:
    """Every municipality's indicator with its 95 % interval."""
    frame = results["benchmark.benchmark_indicators"].sort_values("rank", ignore_index=True)
    columns = {
        "municipality_name": "text",
        "spells": 0,
        "benchmark_indicator": 2,
        "ci_low": 2,
        "ci_high": 2,
        "position_word": "text",
    }
    drawn = ["benchmark_indicator", "ci_low", "ci_high"]
    return figure("intervals", words, with_position_words(frame, words), columns, drawn, _indicator_lines)


def _indicator_lines(shown, words):
    order = shown["municipality_name"].tolist()
    base = alt.Chart(shown).encode(y=municipality_axis(order), color=position_colour(words))
    scale = alt.Scale(zero=False)
    line = base.mark_rule(strokeWidth=1.6).encode(
        x=alt.X("ci_low:Q", title=words("axis_indicator"), scale=scale, axis=alt.Axis(orient="top")),
        x2="ci_high:Q",
    )
    point = base.mark_point(filled=True, size=46, opacity=1).encode(
        x=alt.X("benchmark_indicator:Q", scale=scale),
        shape=position_shape(words),
        tooltip=tips(
            words,
            municipality_name=None,
            benchmark_indicator=".2f",
            ci_low=".2f",
            ci_high=".2f",
            rank="d",
            spells=",.0f",
        ),
    )
    return finish(stripe(shown, order) + rule_at(1) + line + point, 13 * len(order), is_chooser=True)
