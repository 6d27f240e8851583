"""Chapter 2 of the page: the case mix."""

import math
import textwrap

import altair as alt

from vfm.pages.report.charts import BLUE, ORANGE, broken_axis, finish, ring, rule_at, scale_of
from vfm.pages.report.figures.figure import (
    Figure,
    figure,
    position_colour,
    position_shape,
    tips,
    with_position_words,
)
from vfm.pages.report.tables import Results
from vfm.pages.report.words import Words

SHOWN_TERMS = 12  # conditions drawn of appendix table 6.1; its table has all
MARGIN_WEEKS = 3  # around the points


def expected_and_observed_durations(results: Results, words: Words) -> Figure:
    """Observed against expected weeks, one point a municipality."""
    frame = with_position_words(results["benchmark.benchmark_indicators"], words)
    columns = {
        "municipality_name": "text",
        "spells": 0,
        "observed_mean_duration_weeks": 1,
        "expected_mean_duration_weeks": 1,
        "absolute_difference_weeks": 1,
        "position_word": "text",
    }
    drawn = ["expected_mean_duration_weeks", "observed_mean_duration_weeks"]
    return figure("expected_observed", words, frame, columns, drawn, _duration_points)


def _duration_points(shown, words):
    weeks = shown[["expected_mean_duration_weeks", "observed_mean_duration_weeks"]]
    low = math.floor(weeks.min().min()) - MARGIN_WEEKS
    high = math.ceil(weeks.max().max()) + MARGIN_WEEKS
    scale = alt.Scale(domain=[low, high], nice=False)
    x = alt.X("expected_mean_duration_weeks:Q", title=words("axis_expected_weeks"), scale=scale)
    y = alt.Y("observed_mean_duration_weeks:Q", title=words("axis_observed_weeks"), scale=scale)
    points = (
        alt.Chart(shown)
        .mark_point(filled=True, opacity=0.85, size=70)
        .encode(
            x=x,
            y=y,
            color=position_colour(words),
            shape=position_shape(words),
            tooltip=tips(
                words,
                municipality_name=None,
                observed_mean_duration_weeks=".1f",
                expected_mean_duration_weeks=".1f",
                spells=",.0f",
                position_word=None,
            ),
        )
    )
    diagonal = (
        alt.Chart(alt.Data(values=[{"at": low}, {"at": high}]))
        .mark_line(color="#333", strokeDash=[4, 3])
        .encode(x=alt.X("at:Q", scale=scale), y=alt.Y("at:Q", scale=scale))
    )
    return finish(diagonal + points + ring(shown, x, y), 400, is_chooser=True)


def hazard_ratios(results: Results, words: Words) -> Figure:
    """The conditions that weigh most in the Cox models (appendix table 6.1)."""
    frame = results["report.hazard_ratios"]
    frame = frame.assign(
        sex_word=frame["sex"].map(lambda value: words(f"group_{value}")),
        label=[
            words("permit_year", year=level) if factor == "permit_year" else label
            for factor, level, label in zip(
                frame["factor"], frame["level"], frame[f"label_{words.language}"], strict=True
            )
        ],
    )
    columns = {"label": "text", "sex_word": "text", "hazard_ratio": 2, "ci_low": 2, "ci_high": 2}
    reasons = dict.fromkeys(("hazard_ratio", "ci_low", "ci_high"), "withheld_reason")
    drawn = ["hazard_ratio", "ci_low"]
    return figure("case_mix", words, frame, columns, drawn, _hazard_ratio_lines, reasons=reasons)


def _hazard_ratio_lines(shown, words):
    drawn = shown[shown["certainty_rank"] <= SHOWN_TERMS]
    drawn = drawn.assign(broken=drawn["label"].map(lambda label: "|".join(textwrap.wrap(label, 25))))
    names = [words("group_women"), words("group_men")]
    order = drawn.sort_values("speed_rank")["broken"].drop_duplicates().tolist()
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
        tooltip=tips(words, label=None, sex_word=None, hazard_ratio=".2f", ci_low=".2f", ci_high=".2f"),
    )
    return finish(rule_at(1) + line + point, 34 * len(order) + 20)
