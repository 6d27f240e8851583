"""The page's figures: what each draws, and the table that stands behind it."""

import re
import textwrap
from dataclasses import dataclass

import altair as alt
import pandas as pd

from vfm.pages.report import charts, outlines
from vfm.pages.report.charts import (
    BLUE,
    CHOSEN,
    GREEN,
    GREY,
    ORANGE,
    QUARTERS,
    broken_axis,
    columns_of,
    finish,
    halo,
    ring,
    rule_at,
    scale_of,
)
from vfm.pages.report.tables import is_missing

POSITIONS = ("above", "around", "below")
QUINTILES = (1, 2, 3, 4, 5)
LEFT_OUT = "169"  # the municipality that the second line of Figure 5.1 does without
LOOKS = {"colour": (BLUE, ORANGE, GREEN), "shape": ("circle", "square", "diamond")}


@dataclass(frozen=True)
class Figure:
    """A drawing with its table and a note; `spec` is None where every cell it would draw is suppressed."""

    name: str
    spec: dict | None
    columns: list
    rows: list
    withheld: int = 0
    is_map: bool = False
    note: str = ""


def _table(frame, columns, words):
    """Write a frame as the reader reads it.

    Parameters
    ----------
    frame : DataFrame
    columns : dict
        {column: decimals, 'text', or 'percent'}.
    words : Words

    Returns
    -------
    (list of str, list of list of str, int)
        Header, cells, number of withheld cells.
    """
    writers = {
        "text": lambda value: words("withheld") if pd.isna(value) else str(value),
        "year": lambda value: str(int(value)),
        "percent": lambda value: words.percent(value, 1),
    }

    def writer(how):
        return writers[how] if isinstance(how, str) else lambda value: words.number(value, how)

    written = [frame[column].map(writer(how)).tolist() for column, how in columns.items()]
    header = [words(f"column_{column}") for column in columns]
    withheld = int(frame[list(columns)].isna().sum().sum())
    return header, [list(row) for row in zip(*written, strict=True)], withheld


def _figure(name, words, frame, columns, drawn, draw, **more):
    """Draw what is not suppressed of a frame, and set its table."""
    header, rows, withheld = _table(frame, columns, words)
    shown = frame.dropna(subset=drawn)
    spec = None if shown.empty else draw(shown)
    return Figure(name, spec, header, rows, withheld, **more)


def _positions(words):
    return [words(f"position_{position}") for position in POSITIONS]


def _position_colour(words, field="position_word", **more):
    scale = scale_of(_positions(words), charts.POSITION_COLOURS.values())
    return alt.Color(f"{field}:N", scale=scale, title=None, **more)


def _position_shape(words, field="position_word"):
    return alt.Shape(
        f"{field}:N", scale=scale_of(_positions(words), charts.POSITION_SHAPES.values()), title=None
    )


def _worded(frame, words, column="position", prefix="position"):
    return frame.assign(position_word=frame[column].map(lambda value: words(f"{prefix}_{value}")))


def arrivals(results, words):
    """Outcomes of the spells by sex and residence ground (Tables 2.1 and 2.2)."""
    by_sex = results["report.table_2_1"].rename(columns={"sex": "group"}).query("group != 'all'")
    by_ground = results["report.table_2_2"].rename(columns={"residence_ground": "group"})
    frame = pd.concat([by_sex, by_ground]).query("outcome != 'total'").reset_index(drop=True)
    frame = frame.assign(
        share=frame["percent"] / 100,
        group_word=frame["group"].map(lambda value: words(f"group_{value}")),
        outcome_word=frame["outcome"].map(lambda value: words(f"outcome_{value}")),
        outcome_order=frame["outcome"].map(["success", "unfinished", "left"].index),
    )
    names = [words(f"outcome_{name}") for name in ("success", "unfinished", "left")]

    def draw(shown):
        groups = [words(f"group_{name}") for name in ("men", "women", "refugee", "family_reunified", "all")]
        bars = alt.Chart(shown).mark_bar(height={"band": 0.7})
        bars = bars.encode(
            x=alt.X(
                "share:Q",
                title=words("axis_share_of_spells"),
                axis=alt.Axis(format="%", values=QUARTERS),
                scale=alt.Scale(domain=[0, 1]),
            ),
            y=alt.Y("group_word:N", sort=groups, title=None),
            color=alt.Color("outcome_word:N", title=None, scale=scale_of(names, (BLUE, "#bdbdbd", ORANGE))),
            order="outcome_order:O",
            tooltip=_tips(words, group_word=None, outcome_word=None, spells=",.0f", share=".1%"),
        )
        success = alt.Chart(shown[shown["outcome"] == "success"]).mark_text(align="left", dx=5, color="#111")
        labels = success.encode(
            x="share:Q", y=alt.Y("group_word:N", sort=groups), text=alt.Text("share:Q", format=".0%")
        )
        return finish(bars + labels, 190)

    columns = {"group_word": "text", "outcome_word": "text", "spells": 0, "share": "percent"}
    return _figure("arrivals", words, frame, columns, ["share"], draw)


def cumulative_incidence(results, words):
    """Share in work, and share gone, by weeks since arrival."""
    frame = results["benchmark.cumulative_incidence"]
    frame = frame.assign(
        curve=[
            words(f"curve_{cause}_{sex}") for cause, sex in zip(frame["cause"], frame["sex"], strict=True)
        ],
        sex_word=frame["sex"].map(lambda value: words(f"group_{value}")),
        cause_word=frame["cause"].map(
            {"employment": words("outcome_success"), "leaving": words("outcome_left")}
        ),
    )

    def draw(shown):
        names = [words("group_women"), words("group_men")]
        causes = [words("outcome_success"), words("outcome_left")]
        base = alt.Chart(shown).encode(
            x=alt.X(
                "week:Q",
                title=words("axis_weeks_since_start"),
                scale=alt.Scale(domain=[0, 156], nice=False),
                axis=alt.Axis(values=[0, 26, 52, 78, 104, 130, 156]),
            ),
            color=alt.Color("sex_word:N", title=None, scale=scale_of(names, (BLUE, ORANGE))),
            detail="cause_word:N",
        )
        band = base.mark_area(opacity=0.18, interpolate="step-after").encode(
            y=alt.Y("ci_low:Q", title=words("axis_share"), axis=alt.Axis(format="%")), y2="ci_high:Q"
        )
        line = base.mark_line(interpolate="step-after", strokeWidth=2.2).encode(
            y="incidence:Q",
            strokeDash=alt.StrokeDash("cause_word:N", legend=None, scale=scale_of(causes, ([1, 0], [4, 3]))),
            tooltip=_tips(words, curve=None, week="d", incidence=".1%", ci_low=".1%", ci_high=".1%"),
        )
        label = (
            alt.Chart(_beside(shown))
            .mark_text(align="right", dy=-12, fontSize=13, fontWeight="bold", color="#333")
            .encode(x="week:Q", y="incidence:Q", text="cause_word:N")
        )
        return finish(band + line + label, 320)

    yearly = frame[frame["week"].isin([26, 52, 104, 156])]
    header, rows, withheld = _table(
        yearly,
        {"curve": "text", "week": 0, "incidence": "percent", "ci_low": "percent", "ci_high": "percent"},
        words,
    )
    shown = frame.dropna(subset=["incidence"])
    return Figure("cumulative_incidence", None if shown.empty else draw(shown), header, rows, withheld)


def _beside(curves, week=120):
    """Where the causes' names stand: above the higher curve at a week, or the next that is given."""
    later = curves[curves["week"] >= week].sort_values(["week", "incidence"])
    first = later[later.groupby("cause_word")["week"].transform("min") == later["week"]]
    return first.drop_duplicates("cause_word", keep="last")


def expected_observed(results, words):
    """Observed against expected weeks, one point a municipality."""
    frame = _worded(results["benchmark.benchmark_indicators"], words)

    def draw(shown):
        columns = ["expected_mean_duration_weeks", "observed_mean_duration_weeks"]
        low, high = shown[columns].min().min() - 3, shown[columns].max().max() + 3
        scale = alt.Scale(domain=[low, high], nice=False)
        x = alt.X("expected_mean_duration_weeks:Q", title=words("axis_expected_weeks"), scale=scale)
        y = alt.Y("observed_mean_duration_weeks:Q", title=words("axis_observed_weeks"), scale=scale)
        points = (
            alt.Chart(shown)
            .mark_point(filled=True, opacity=0.85, size=70)
            .encode(
                x=x,
                y=y,
                color=_position_colour(words),
                shape=_position_shape(words),
                tooltip=_tips(
                    words,
                    municipality_name=None,
                    observed_mean_duration_weeks=".1f",
                    expected_mean_duration_weeks=".1f",
                    spells=",.0f",
                    position_word=None,
                ),
            )
        )
        ends = alt.Data(values=[{"at": low}, {"at": high}])
        diagonal = (
            alt.Chart(ends)
            .mark_line(color="#333", strokeDash=[4, 3])
            .encode(x=alt.X("at:Q", scale=scale), y=alt.Y("at:Q", scale=scale))
        )
        return finish(diagonal + points + ring(shown, x, y), 400, is_chooser=True)

    columns = {
        "municipality_name": "text",
        "spells": 0,
        "observed_mean_duration_weeks": 1,
        "expected_mean_duration_weeks": 1,
        "absolute_difference_weeks": 1,
        "position_word": "text",
    }
    return _figure(
        "expected_observed",
        words,
        frame,
        columns,
        ["expected_mean_duration_weeks", "observed_mean_duration_weeks"],
        draw,
    )


def case_mix(results, words, terms=12):
    """The conditions that weigh most in the Cox models (appendix table 6.1), as hazard ratios."""
    frame = results["report.appendix_table_6_1"]
    frame = frame[frame["reference"] != "yes"].copy()
    frame["sex_word"] = frame["sex"].map(lambda value: words(f"group_{value}"))
    frame["label"] = [
        words("permit_year", year=level) if factor == "permit_year" else label
        for factor, level, label in zip(
            frame["factor"], frame["level"], frame[f"label_{words.language}"], strict=True
        )
    ]
    for column, spread in (("hazard_ratio", 0), ("ci_low", -1.96), ("ci_high", 1.96)):
        frame[column] = (frame["coefficient"] + spread * frame["standard_error"]).map(_safe_exp)
    strength = (frame["coefficient"] / frame["standard_error"]).abs().groupby(frame["term"]).min()
    strongest = strength.sort_values(ascending=False, kind="stable").head(terms).index

    def draw(shown):
        drawn = shown[shown["term"].isin(strongest)]
        drawn = drawn.assign(broken=drawn["label"].map(lambda label: "|".join(textwrap.wrap(label, 25))))
        names = [words("group_women"), words("group_men")]
        order = (
            drawn.groupby("broken", sort=False)["coefficient"]
            .mean()
            .sort_values(ascending=False)
            .index.tolist()
        )
        base = alt.Chart(drawn).encode(
            y=alt.Y("broken:N", sort=order, title=None, axis=broken_axis()),
            yOffset=alt.YOffset("sex_word:N", sort=names),
            color=alt.Color("sex_word:N", title=None, scale=scale_of(names, (BLUE, ORANGE))),
        )
        scale = alt.Scale(type="log", nice=False, padding=8)
        ticks = alt.Axis(values=[0.03, 0.1, 0.3, 1, 3, 10, 30], format="~r")
        line = base.mark_rule(strokeWidth=2).encode(
            x=alt.X("ci_low:Q", scale=scale, title=words("axis_hazard_ratio"), axis=ticks), x2="ci_high:Q"
        )
        point = base.mark_point(filled=True, size=50, opacity=1).encode(
            x=alt.X("hazard_ratio:Q", scale=scale),
            shape=alt.Shape("sex_word:N", scale=scale_of(names, ("circle", "square")), title=None),
            tooltip=_tips(words, label=None, sex_word=None, hazard_ratio=".2f", ci_low=".2f", ci_high=".2f"),
        )
        return finish(rule_at(1) + line + point, 34 * len(order) + 20)

    columns = {"label": "text", "sex_word": "text", "hazard_ratio": 2, "ci_low": 2, "ci_high": 2}
    return _figure("case_mix", words, frame, columns, ["hazard_ratio", "ci_low"], draw)


def _safe_exp(value):
    return pd.NA if pd.isna(value) else float(2.718281828459045**value)


def short_name(name, letters=9):
    """A municipality's name in the space of a tile."""
    name = re.sub("^Frederiks", "Fr.", name)
    first, _, second = name.partition("-")
    if second and len(first) <= letters // 2:
        return f"{first}-{second[0]}."
    return first if len(first) <= letters + 1 else f"{first[: letters - 1]}."


def figure_3_1(results, words, geojson=None):
    """The municipalities' fifth of the benchmark: tiles, or outlines where they are given."""
    frame = results["report.figure_3_1"]
    frame = frame.assign(
        quintile_word=[
            words("not_in_benchmark") if pd.isna(value) else words(f"quintile_{int(value)}")
            for value in frame["quintile"]
        ],
        quintile_label=["–" if pd.isna(value) else str(int(value)) for value in frame["quintile"]],
        short=frame["municipality_name"].map(short_name),
    )
    names = [words(f"quintile_{quintile}") for quintile in QUINTILES] + [words("not_in_benchmark")]
    colour = alt.Color(
        "quintile_word:N",
        title=words("column_quintile"),
        scale=scale_of(names, (*charts.QUINTILE_COLOURS, "#ffffff")),
        legend=alt.Legend(columns=columns_of(6)),
    )
    tips = _tips(words, municipality_name=None, quintile_word=None, benchmark_indicator=".2f")

    def tiles(shown):
        across = alt.X("tile_column:O", axis=None, scale=alt.Scale(paddingInner=0.06))
        down = alt.Y("tile_row:O", axis=None, scale=alt.Scale(paddingInner=0.06))
        base = alt.Chart(shown).encode(x=across, y=down, tooltip=tips)
        tile = base.mark_rect(cornerRadius=3, stroke="#777").encode(
            color=colour,
            stroke=alt.condition(CHOSEN, alt.value("#000"), alt.value("#777")),
            strokeWidth=alt.condition(CHOSEN, alt.value(4), alt.value(0.6)),
        )
        ink = alt.condition(
            "datum.quintile_label == '1' || datum.quintile_label == '5'", alt.value("#fff"), alt.value("#111")
        )
        number = base.mark_text(fontSize=12, fontWeight="bold", dy=alt.expr("width < 470 ? 0 : 8")).encode(
            text="quintile_label:N", color=ink
        )
        name = base.mark_text(fontSize=alt.expr("width < 470 ? 0 : 9.5"), dy=-7).encode(
            text="short:N", color=ink
        )
        return finish(tile + number + name, 470, is_chooser=True)

    def map_of(shown):
        shapes = outlines.join(
            geojson, shown[["municipality_code", "municipality_name", "quintile_word", "benchmark_indicator"]]
        )
        chart = (
            alt.Chart(alt.Data(values=shapes))
            .mark_geoshape(stroke="#555")
            .project(type="identity", reflectY=True)
        )
        chart = chart.encode(
            color=colour,
            tooltip=tips,
            stroke=alt.condition(CHOSEN, alt.value("#000"), alt.value("#777")),
            strokeWidth=alt.condition(CHOSEN, alt.value(3), alt.value(0.5)),
        )
        return finish(chart, 520, is_chooser=True)

    columns = {"municipality_name": "text", "quintile_word": "text", "benchmark_indicator": 2}
    rows = frame.assign(benchmark_indicator=frame["benchmark_indicator"])
    header, cells, _ = _table(rows, columns, words)
    cells = [
        [name, fifth, words("not_in_benchmark_short") if pd.isna(value) else cell]
        for (name, fifth, cell), value in zip(cells, rows["benchmark_indicator"], strict=True)
    ]
    spec = None
    if frame["quintile"].notna().any():
        spec = map_of(frame) if geojson else tiles(frame)
    return Figure("figure_3_1", spec, header, cells, 0, is_map=bool(geojson))


def intervals(results, words):
    """Every municipality's indicator with its 95 % interval."""
    frame = _worded(results["benchmark.benchmark_indicators"].sort_values("rank", ignore_index=True), words)

    def draw(shown):
        order = shown["municipality_name"].tolist()
        y = alt.Y(
            "municipality_name:N", sort=order, title=None, axis=alt.Axis(labelFontSize=10, labelOverlap=False)
        )
        base = alt.Chart(shown).encode(y=y, color=_position_colour(words))
        scale = alt.Scale(zero=False)
        line = base.mark_rule(strokeWidth=1.6).encode(
            x=alt.X("ci_low:Q", title=words("axis_indicator"), scale=scale, axis=alt.Axis(orient="top")),
            x2="ci_high:Q",
        )
        point = base.mark_point(filled=True, size=46, opacity=1).encode(
            x=alt.X("benchmark_indicator:Q", scale=scale),
            shape=_position_shape(words),
            tooltip=_tips(
                words,
                municipality_name=None,
                benchmark_indicator=".2f",
                ci_low=".2f",
                ci_high=".2f",
                rank="d",
                spells=",.0f",
            ),
        )
        return finish(_stripe(shown, order) + rule_at(1) + line + point, 13 * len(order), is_chooser=True)

    columns = {
        "municipality_name": "text",
        "spells": 0,
        "benchmark_indicator": 2,
        "ci_low": 2,
        "ci_high": 2,
        "position_word": "text",
    }
    return _figure("intervals", words, frame, columns, ["benchmark_indicator", "ci_low", "ci_high"], draw)


def _stripe(shown, order):
    """A light stripe behind the chosen municipality's row."""
    return (
        alt.Chart(shown)
        .transform_filter(CHOSEN)
        .mark_bar(color="#ffe28a", height={"band": 1})
        .encode(y=alt.Y("municipality_name:N", sort=order), x=alt.value(0), x2=alt.value("width"))
    )


def figure_4_1(results, words):
    """Expenditure and full-year persons, as indices of the first year: two axes would mislead."""
    frame = results["report.figure_4_1"]
    series = {
        "million_dkk_2015_prices": words("series_expenditure"),
        "full_year_persons": words("series_persons"),
    }

    def draw(shown):
        tall = shown.melt(id_vars="year", value_vars=list(series), var_name="what")
        first = tall.groupby("what")["value"].transform("first")
        tall = tall.assign(index=100 * tall["value"] / first, series=tall["what"].map(series))
        base = alt.Chart(tall).encode(
            x=alt.X("year:O", title=None, axis=alt.Axis(labelAngle=0)),
            y=alt.Y("index:Q", title=words("axis_index", year=int(shown["year"].iloc[0]))),
            color=alt.Color("series:N", title=None, scale=scale_of(series.values(), (BLUE, ORANGE))),
            tooltip=_tips(words, series=None, year="d", value=",.0f", index=".0f"),
        )
        shape = alt.Shape("series:N", title=None, scale=scale_of(series.values(), ("circle", "square")))
        return finish(
            base.mark_line(strokeWidth=2.2)
            + base.mark_point(filled=True, size=70, opacity=1).encode(shape=shape),
            280,
        )

    columns = {"year": "year", "million_dkk_2015_prices": 0, "full_year_persons": 0}
    return _figure(
        "figure_4_1", words, frame, columns, ["million_dkk_2015_prices", "full_year_persons"], draw
    )


def figure_4_2(results, words):
    """Mean expenditure per full-year person by year."""
    frame = results["report.figure_4_2"].merge(
        results["report.table_4_3"][["year", "min_dkk", "max_dkk"]], on="year", how="left"
    )

    def draw(shown):
        base = alt.Chart(shown).encode(
            x=alt.X("year:O", title=None, axis=alt.Axis(labelAngle=0)),
            y=alt.Y(
                "mean_dkk:Q",
                title=words("axis_dkk_per_person"),
                axis=alt.Axis(format=",.0f"),
                scale=alt.Scale(domain=[0, 1.1 * shown["mean_dkk"].max()]),
            ),
            tooltip=_tips(words, year="d", mean_dkk=",.0f"),
        )
        return finish(
            base.mark_bar(color=BLUE, width={"band": 0.6})
            + base.mark_text(dy=-8, fontSize=12).encode(text=alt.Text("mean_dkk:Q", format=",.0f")),
            260,
        )

    columns = {"year": "year", "mean_dkk": 0, "min_dkk": 0, "max_dkk": 0}
    return _figure("figure_4_2", words, frame, columns, ["mean_dkk"], draw)


def _indicator_axes(words, shown, pad=0.03):
    scale = alt.Scale(zero=False, padding=12)
    return (
        alt.X("expenditure_indicator:Q", title=words("axis_expenditure_indicator"), scale=scale),
        alt.Y("benchmark_indicator:Q", title=words("axis_indicator"), scale=scale),
    )


def _two_lines(shown, across, names, colours):
    """Two columns drawn as lines over a third, the second dashed; names: {column: what the legend says}."""
    tall = shown.melt(id_vars=across, value_vars=list(names), var_name="line").dropna()
    tall["line"] = tall["line"].map(names)
    legend = alt.Legend(symbolType="stroke")
    color = alt.Color("line:N", title=None, scale=scale_of(names.values(), colours), legend=legend)
    dash = alt.StrokeDash("line:N", title=None, scale=scale_of(names.values(), ([1, 0], [5, 3])))
    lines = alt.Chart(tall).mark_line(strokeWidth=2.2)
    return lines.encode(x=f"{across}:Q", y="value:Q", color=color, strokeDash=dash)


def figure_5_1(results, words):
    """Result against expenditure with the two regression lines."""
    frame = results["report.figure_5_1"]

    def draw(shown):
        x, y = _indicator_axes(words, shown)
        points = (
            alt.Chart(shown)
            .mark_circle(color=GREY, opacity=0.55)
            .encode(
                x=x,
                y=y,
                size=alt.Size("weight:Q", legend=None, scale=alt.Scale(range=[25, 900])),
                tooltip=_tips(
                    words,
                    municipality_name=None,
                    benchmark_indicator=".2f",
                    expenditure_indicator=".2f",
                    weight=",.0f",
                ),
            )
        )
        names = {"fitted_with_all": words("line_all"), "fitted_without_169": words("line_without_169")}
        lines = _two_lines(shown, "expenditure_indicator", names, (BLUE, ORANGE))
        left_out = alt.Chart(shown).transform_filter(
            f"datum.municipality_code == '{LEFT_OUT}' && !({CHOSEN})"
        )
        name = halo(
            left_out.encode(x=x, y=y, text="municipality_name:N"), align="right", dx=-10, fontWeight="normal"
        )
        return finish(points + lines + name + ring(shown, x, y), 380, is_chooser=True)

    columns = {"municipality_name": "text", "expenditure_indicator": 2, "benchmark_indicator": 2, "weight": 0}
    return _figure(
        "figure_5_1", words, frame, columns, ["expenditure_indicator", "benchmark_indicator"], draw
    )


def figure_5_2(results, words):
    """The four corners: who differs beyond the margin of error on both indicators."""
    frame = _worded(results["report.figure_5_2"], words, "benchmark_position")
    frame["quadrant_word"] = frame[f"quadrant_{words.language}"]
    frame["expenditure_word"] = frame["expenditure_position"].map(lambda value: words(f"expenditure_{value}"))

    def draw(shown):
        x, y = _indicator_axes(words, shown)
        names = shown.sort_values("quadrant_position")["quadrant_word"].unique().tolist()
        by_place = {
            1: ("#6aaed6", "square"),
            2: (BLUE, "triangle-up"),
            3: (ORANGE, "triangle-down"),
            4: ("#f4a259", "diamond"),
            5: ("#9a9a9a", "circle"),
        }
        places = shown.sort_values("quadrant_position")["quadrant_position"].unique().tolist()
        looks = [by_place.get(int(place), ("#9a9a9a", "circle")) for place in places]
        points = (
            alt.Chart(shown)
            .mark_point(filled=True, size=75, opacity=0.9)
            .encode(
                x=x,
                y=y,
                color=alt.Color(
                    "quadrant_word:N", title=None, scale=scale_of(names, [look[0] for look in looks])
                ),
                shape=alt.Shape(
                    "quadrant_word:N", title=None, scale=scale_of(names, [look[1] for look in looks])
                ),
                tooltip=_tips(
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

    columns = {
        "municipality_name": "text",
        "benchmark_indicator": 2,
        "position_word": "text",
        "expenditure_indicator": 2,
        "expenditure_word": "text",
    }
    return _figure(
        "figure_5_2", words, frame, columns, ["expenditure_indicator", "benchmark_indicator"], draw
    )


def _frontier(name, results, words, across, up):
    frame = results[f"report.{name}"].copy()
    frame["rank_of_ten_best"] = frame["rank_of_ten_best"].astype("float")
    frame["best_word"] = ["" if pd.isna(rank) else words.number(rank) for rank in frame["rank_of_ten_best"]]

    def draw(shown):
        scale = alt.Scale(zero=False, padding=12)
        x = alt.X(f"{across}:Q", title=words(f"axis_{across}"), scale=scale)
        y = alt.Y(f"{up}:Q", title=words(f"axis_{up}"), scale=scale)
        points = (
            alt.Chart(shown)
            .mark_circle(size=45, opacity=0.6, color=GREY)
            .encode(
                x=x,
                y=y,
                tooltip=_tips(
                    words,
                    municipality_name=None,
                    benchmark_indicator=".2f",
                    expenditure_indicator=".2f",
                    frontier=".2f",
                ),
            )
        )
        best = shown[shown["is_among_ten_best"]]
        marked = (
            alt.Chart(best)
            .mark_circle(
                size=alt.expr("width < 470 ? 130 : 230"),
                color=ORANGE,
                opacity=1,
                stroke="#fff",
                strokeWidth=1.5,
            )
            .encode(x=x, y=y, tooltip=_tips(words, municipality_name=None, rank_of_ten_best="d"))
        )
        number = (
            alt.Chart(best)
            .mark_text(color="#fff", fontSize=alt.expr("width < 470 ? 8 : 10"), fontWeight="bold")
            .encode(x=x, y=y, text=alt.Text("rank_of_ten_best:Q", format="d"))
        )
        names = {"frontier": words("line_frontier"), "regression": words("line_regression")}
        lines = _two_lines(shown, across, names, (GREEN, ORANGE))
        return finish(points + lines + marked + number + ring(shown, x, y, 380), 380, is_chooser=True)

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
    note = words("ten_best", names=names) if names else ""
    return _figure(
        name, words, frame, columns, ["expenditure_indicator", "benchmark_indicator"], draw, note=note
    )


def figure_5_3(results, words):
    """The production frontier."""
    return _frontier("figure_5_3", results, words, "expenditure_indicator", "benchmark_indicator")


def figure_5_4(results, words):
    """The cost frontier."""
    return _frontier("figure_5_4", results, words, "benchmark_indicator", "expenditure_indicator")


def funnel(results, words):
    """The funnel: which indicators lie outside what chance gives."""
    frame = _worded(results["benchmark.funnel_limits"], words, prefix="funnel")
    curves = results["benchmark.funnel_curves"]
    limits = {
        "limit_95": words("limit_95"),
        "limit_998": words("limit_998"),
        "adjusted_limit_95": words("adjusted_limit_95"),
    }

    def draw(shown):
        x = alt.X(
            "precision:Q", title=words("axis_precision"), scale=alt.Scale(zero=False, nice=False, padding=8)
        )
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
                tooltip=_tips(
                    words,
                    municipality_name=None,
                    benchmark_indicator=".2f",
                    spells=",.0f",
                    position_word=None,
                ),
            )
        )
        tall = pd.concat(
            [
                curves[["precision"]].assign(limit=name, side=side, value=curves[f"{column}_{side}"])
                for column, name in limits.items()
                for side in ("low", "high")
            ]
        )
        lines = (
            alt.Chart(tall)
            .mark_line(color="#555")
            .encode(
                x="precision:Q",
                y="value:Q",
                detail="side:N",
                strokeWidth=alt.StrokeWidth(
                    "limit:N",
                    title=None,
                    scale=scale_of(limits.values(), (1, 2.2, 1.4)),
                    legend=alt.Legend(symbolType="stroke", symbolStrokeColor="#555", orient="bottom"),
                ),
                strokeDash=alt.StrokeDash(
                    "limit:N", title=None, scale=scale_of(limits.values(), ([1, 0], [1, 0], [5, 3]))
                ),
            )
        )
        return finish(rule_at(1, "y") + lines + points + ring(shown, x, y), 400, is_chooser=True)

    columns = {
        "municipality_name": "text",
        "spells": 0,
        "benchmark_indicator": 2,
        "limit_95_low": 2,
        "limit_95_high": 2,
        "position_word": "text",
    }
    return _figure("funnel", words, frame, columns, ["precision", "benchmark_indicator"], draw)


def quintile_probabilities(results, words):
    """With what probability a municipality belongs to each fifth."""
    frame = results["benchmark.quintile_probabilities"].merge(
        results["benchmark.benchmark_indicators"][["municipality_code", "municipality_name", "rank"]],
        on="municipality_code",
    )
    frame = frame.sort_values(["rank", "quintile"], ignore_index=True)
    frame["quintile_word"] = frame["quintile"].map(lambda value: words(f"quintile_{value}"))
    names = [words(f"quintile_{quintile}") for quintile in QUINTILES]

    def draw(shown):
        order = shown["municipality_name"].unique().tolist()
        bars = (
            alt.Chart(shown)
            .mark_bar(height={"band": 0.86})
            .encode(
                y=alt.Y(
                    "municipality_name:N",
                    sort=order,
                    title=None,
                    axis=alt.Axis(labelFontSize=10, labelOverlap=False),
                ),
                x=alt.X(
                    "probability:Q",
                    stack="zero",
                    title=words("axis_probability"),
                    axis=alt.Axis(format="%", values=QUARTERS, orient="top"),
                    scale=alt.Scale(domain=[0, 1], nice=False),
                ),
                order="quintile:O",
                color=alt.Color(
                    "quintile_word:N",
                    title=None,
                    scale=scale_of(names, charts.QUINTILE_COLOURS),
                    legend=alt.Legend(columns=columns_of(5)),
                ),
                stroke=alt.condition(CHOSEN, alt.value("#000"), alt.value(None)),
                tooltip=_tips(words, municipality_name=None, quintile_word=None, probability=".0%"),
            )
        )
        return finish(bars, 13 * len(order), is_chooser=True)

    shown = frame.dropna(subset=["probability"])
    wide = frame.pivot_table(
        index=["rank", "municipality_name"],
        columns="quintile",
        values="probability",
        dropna=False,
        observed=True,
    )
    wide = wide.dropna(how="all").sort_index().reset_index()
    header = [words("column_municipality_name"), *names]
    rows = [
        [row["municipality_name"], *(words.percent(row.get(quintile)) for quintile in QUINTILES)]
        for _, row in wide.iterrows()
    ]
    return Figure(
        "quintile_probabilities",
        None if shown.empty else draw(shown),
        header,
        rows,
        int(frame["probability"].isna().sum()),
    )


def rank_sets(results, words):
    """Which ranks a municipality can have: alone, and with all others at once."""
    frame = results["benchmark.municipal_profiles"].sort_values("rank", ignore_index=True)

    def draw(shown):
        order = shown["municipality_name"].tolist()
        y = alt.Y(
            "municipality_name:N", sort=order, title=None, axis=alt.Axis(labelFontSize=10, labelOverlap=False)
        )
        scale = alt.Scale(domain=[1, len(order)], nice=False, padding=4)
        names = [words("legend_simultaneous"), words("legend_marginal")]
        tall = pd.concat(
            [
                shown[["municipality_code", "municipality_name", "rank"]].assign(
                    set=name, low=shown[f"{kind}_rank_low"], high=shown[f"{kind}_rank_high"]
                )
                for name, kind in zip(names, ("simultaneous", "marginal"), strict=True)
            ]
        )
        colour = alt.Color("set:N", title=None, scale=scale_of(names, ("#b9d7ea", BLUE)))
        wide, narrow = tall[tall["set"] == names[0]], tall[tall["set"] == names[1]]
        tips = _tips(words, municipality_name=None, rank="d", set=None, low="d", high="d")
        x = alt.X("low:Q", title=words("axis_rank"), scale=scale, axis=alt.Axis(orient="top"))
        outer = alt.Chart(wide).mark_bar(height=8).encode(y=y, x=x, x2="high:Q", color=colour, tooltip=tips)
        inner = alt.Chart(narrow).mark_bar(height=3).encode(y=y, x=x, x2="high:Q", color=colour, tooltip=tips)
        point = (
            alt.Chart(shown)
            .mark_point(filled=True, size=22, color="#000", opacity=1)
            .encode(y=y, x=alt.X("rank:Q", scale=scale))
        )
        return finish(_stripe(shown, order) + outer + inner + point, 13 * len(order), is_chooser=True)

    columns = {
        "municipality_name": "text",
        "rank": 0,
        "marginal_rank_low": 0,
        "marginal_rank_high": 0,
        "simultaneous_rank_low": 0,
        "simultaneous_rank_high": 0,
    }
    return _figure(
        "rank_sets", words, frame, columns, ["rank", "simultaneous_rank_low", "marginal_rank_low"], draw
    )


def printed_rebuilt(results, words):
    """How many printed cells of each table the rebuilt ones come within tolerance of."""
    frame = results["report.comparison_summary"].copy()
    frame["item_word"] = frame["report_item"].map(lambda value: words(f"item_{value}"))
    frame["compared"] = frame["cells"] - frame["set_aside"]
    frame["share_within"] = (frame["within_tolerance"] / frame["compared"]).where(frame["compared"] > 0)

    def draw(shown):
        shown = shown.assign(item_broken=shown["item_word"].str.replace(": ", ":|"))
        order = shown["item_broken"].tolist()
        base = alt.Chart(shown).encode(
            y=alt.Y("item_broken:N", sort=order, title=None, axis=broken_axis()),
            tooltip=_tips(
                words,
                item_word=None,
                cells=",.0f",
                within_tolerance=",.0f",
                set_aside=",.0f",
                share_within=".0%",
            ),
        )
        x = alt.X(
            "share_within:Q",
            title=words("axis_share_within"),
            axis=alt.Axis(format="%", values=QUARTERS),
            scale=alt.Scale(domain=[0, 1]),
        )
        return finish(base.mark_bar(color=BLUE, height={"band": 0.65}).encode(x=x), 30 * len(order))

    columns = {
        "item_word": "text",
        "cells": 0,
        "set_aside": 0,
        "within_tolerance": 0,
        "share_within": "percent",
    }
    return _figure("printed_rebuilt", words, frame, columns, ["share_within"], draw)


def sensitivity(results, words):
    """What other assumptions change: rank correlation with the default, and who changes position."""
    frame = results.get("report.sensitivity")
    if frame is None or frame.empty:
        return None
    frame = frame.sort_values(["alternative_number", "indicator"], ignore_index=True)
    frame = frame.assign(
        label=frame[f"label_{words.language}"],
        indicator_word=frame["indicator"].map(lambda name: words.or_else(f"indicator_{name}", name)),
        changing_position=frame["position_changes"].map(
            lambda number: words("without_positions") if is_missing(number) else words.number(number)
        ),
    )

    def draw(shown):
        shown = shown.assign(
            broken=shown["label"].map(lambda label: "|".join(textwrap.wrap(label, 24))),
        )
        order = shown["broken"].unique().tolist()
        names = shown["indicator_word"].unique().tolist()
        lowest = min(0.5, float(shown["rank_correlation"].min()))
        base = alt.Chart(shown).encode(
            y=alt.Y("broken:N", sort=order, title=None, axis=broken_axis(grid=True)),
            yOffset=alt.YOffset("indicator_word:N", sort=names),
            x=alt.X(
                "rank_correlation:Q",
                title=words("axis_rank_correlation"),
                scale=alt.Scale(domain=[lowest, 1]),
            ),
        )
        points = base.mark_point(filled=True, size=70, opacity=1).encode(
            color=alt.Color("indicator_word:N", title=None, scale=scale_of(names, LOOKS["colour"])),
            shape=alt.Shape("indicator_word:N", title=None, scale=scale_of(names, LOOKS["shape"])),
            tooltip=_tips(
                words,
                label=None,
                indicator_word=None,
                rank_correlation=".3f",
                changing_position=None,
            ),
        )
        return finish(points, (11 * len(names) + 10) * len(order) + 20)

    columns = {
        "label": "text",
        "indicator_word": "text",
        "municipalities_in_both": 0,
        "rank_correlation": 3,
        "changing_position": "text",
    }
    return _figure("sensitivity", words, frame, columns, ["rank_correlation"], draw)


def _tips(words, **columns):
    """Tooltips with the reader's names for columns, {column: d3 format or None}."""
    return [
        alt.Tooltip(column, type="quantitative", title=words(f"column_{column}"), format=how)
        if how
        else alt.Tooltip(column, type="nominal", title=words(f"column_{column}"))
        for column, how in columns.items()
    ]


DRAWN = (
    arrivals,
    cumulative_incidence,
    expected_observed,
    case_mix,
    figure_3_1,
    intervals,
    figure_4_1,
    figure_4_2,
    figure_5_1,
    figure_5_2,
    figure_5_3,
    figure_5_4,
    funnel,
    quintile_probabilities,
    rank_sets,
    printed_rebuilt,
    sensitivity,
)


def all_figures(results, words, geojson=None):
    """Draw every figure.

    Parameters
    ----------
    results : Results
    words : Words
    geojson : list of dict, optional
        Features as from outlines.read.

    Returns
    -------
    dict
        {name: Figure}, in the order of the page; without sensitivity where it is not there.
    """
    figures = [
        draw(results, words, geojson) if draw is figure_3_1 else draw(results, words) for draw in DRAWN
    ]
    return {figure.name: figure for figure in figures if figure}
