"""What the page's charts share: colours, the mark of the chosen municipality, axes."""

from collections.abc import Iterable

import altair as alt
import pandas as pd

# blue and orange differ for colour-blind readers too, and in print by their lightness
QUINTILE_COLOURS = ("#0b4f8a", "#6aaed6", "#d0d0d0", "#f4a259", "#b3430b")
POSITION_COLOURS = {"above": "#0b4f8a", "around": "#757575", "below": "#b3430b"}
POSITION_SHAPES = {"above": "triangle-up", "around": "circle", "below": "triangle-down"}
# beyond 99.8 % dark, beyond 95 % lighter
FUNNEL_LOOKS = {
    "above_998": ("#0b4f8a", "triangle-up"),
    "above_95": ("#3f8fc9", "triangle-up"),
    "within": ("#8a8a8a", "circle"),
    "below_95": ("#d9822b", "triangle-down"),
    "below_998": ("#b3430b", "triangle-down"),
}
BLUE, ORANGE, GREY, GREEN = "#0b4f8a", "#b3430b", "#6b6b6b", "#00705c"
QUARTERS = (0, 0.25, 0.5, 0.75, 1)  # ticks of a share
FONT = "system-ui, 'Segoe UI', Roboto, Helvetica, Arial, sans-serif"
CONFIG = {
    "font": FONT,
    "background": "transparent",
    "aria": False,  # the figure has a text alternative and a table; hundreds of marks read aloud help nobody
    "view": {"stroke": None},
    "axis": {
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": 500,
        "titlePadding": 8,
        "labelColor": "#333",
        "titleColor": "#333",
        "gridColor": "#e4e4e4",
        "domainColor": "#888",
        "tickColor": "#888",
    },
    "axisXQuantitative": {"tickCount": {"expr": "width < 470 ? 4 : 8"}},
    "axisYQuantitative": {"tickCount": 6},
    "legend": {
        "orient": "top",
        "labelFontSize": 12,
        "titleFontSize": 12,
        "direction": "horizontal",
        "symbolOpacity": 1,
        "columns": {"expr": "containerSize()[0] < 500 ? 1 : 3"},
        "labelLimit": {"expr": "containerSize()[0] < 500 ? 270 : 330"},
        "titleLimit": 330,
        "symbolLimit": 20,
    },
}
CHOSEN = "datum.municipality_code == chosen"


def half_years(window: int) -> list[int]:
    """Return the ticks of an axis of weeks: every half year, and the window's end."""
    return [*range(0, window, 26), window]


def columns_of(wide: int) -> alt.ExprRef:
    """Columns of a legend: one on a phone. By the container, whose width the layout does not change."""
    return alt.expr(f"containerSize()[0] < 500 ? 1 : {wide}")


def broken_axis(**more: object) -> alt.Axis:
    """An axis of long labels, which break at | on a phone."""
    return alt.Axis(
        labelExpr="containerSize()[0] < 500 ? split(datum.label, '|') : join(split(datum.label, '|'), ' ')",
        labelLimit=alt.expr("containerSize()[0] < 500 ? 150 : 340"),
        labelFontSize=alt.expr("containerSize()[0] < 500 ? 10.5 : 12"),
        **more,
    )


def chosen_municipality() -> alt.Parameter:
    """The parameter that holds the chosen municipality's code; the page's script sets it."""
    return alt.param(name="chosen", value="")


def finish(chart: alt.TopLevelMixin, height: int | alt.Step, *, is_chooser: bool = False) -> dict:
    """Turn a chart into the specification that the page holds.

    Parameters
    ----------
    chart : altair chart
        Without repeats and facets, which have no width of their container.
    height : int or Step
        Pixels, or pixels a row; the width is the container's.
    is_chooser : bool
        Whether the chart marks the chosen municipality.

    Returns
    -------
    dict
        Vega-Lite.
    """
    chart = chart.properties(width="container", height=height).configure(**CONFIG)
    if is_chooser:
        chart = chart.add_params(chosen_municipality())
    spec = chart.to_dict()
    spec["autosize"] = {"type": "fit-x", "contains": "padding"}
    return spec


def scale_of(names: Iterable[str], values: Iterable) -> alt.Scale:
    """A colour or shape scale in which each name keeps its value."""
    return alt.Scale(domain=list(names), range=list(values))


def rule_at(value: float, axis: str = "x", *, dash: tuple[int, int] = (4, 3)) -> alt.Chart:
    """A dashed line at a value."""
    data = alt.Data(values=[{"at": value}])
    mark = alt.Chart(data).mark_rule(color="#333", strokeDash=list(dash))
    return mark.encode(**{axis: "at:Q"})


def halo(base: alt.Chart, **text: object) -> alt.LayerChart:
    """Text that stays readable on top of marks: a layer of white outlines, and the letters."""
    look = {"fontSize": 12, "fontWeight": "bold", "color": "#000"} | text
    return base.mark_text(**look, stroke="#fff", strokeWidth=3, strokeJoin="round") + base.mark_text(**look)


def ring(data: pd.DataFrame, x: alt.X, y: alt.Y, size: int = 220) -> alt.LayerChart:
    """A ring around the chosen municipality, with its name beside it."""
    base = alt.Chart(data).transform_filter(CHOSEN).encode(x=x, y=y)
    circle = base.mark_point(shape="circle", filled=False, size=size, stroke="#000", strokeWidth=2.5)
    return circle + halo(base.encode(text="municipality_name:N"), dy=-15)
