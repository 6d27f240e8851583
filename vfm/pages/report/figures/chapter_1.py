"""Chapter 1 of the page: who arrives, and how long it takes."""

import altair as alt
import pandas as pd

from vfm.pages.report.charts import BLUE, ORANGE, QUARTERS, finish, half_years, scale_of
from vfm.pages.report.figures.figure import Figure, figure, tips, written_table
from vfm.pages.report.tables import Results
from vfm.pages.report.words import Words

OUTCOMES = ("success", "unfinished", "left")
GROUPS = ("men", "women", "refugee", "family_reunified", "all")


def outcomes_by_group(results: Results, words: Words) -> Figure:
    """Outcomes of the spells by sex and residence ground (Tables 2.1 and 2.2)."""
    frame = results["report.outcome_shares"]
    frame = frame.assign(
        group_word=frame["population_group"].map(lambda value: words(f"group_{value}")),
        outcome_word=frame["outcome"].map(lambda value: words(f"outcome_{value}")),
    )
    columns = {"group_word": "text", "outcome_word": "text", "spells": 0, "share": "percent"}
    reasons = {"spells": "withheld_reason", "share": "withheld_reason"}
    return figure("arrivals", words, frame, columns, ["share"], _outcome_bars, reasons=reasons)


def _outcome_bars(shown, words):
    groups = [words(f"group_{name}") for name in GROUPS]
    names = [words(f"outcome_{name}") for name in OUTCOMES]
    across = alt.X(
        "share:Q",
        title=words("axis_share_of_spells"),
        axis=alt.Axis(format="%", values=QUARTERS),
        scale=alt.Scale(domain=[0, 1]),
    )
    bars = alt.Chart(shown).mark_bar(height={"band": 0.7})
    bars = bars.encode(
        x=across,
        y=alt.Y("group_word:N", sort=groups, title=None),
        color=alt.Color("outcome_word:N", title=None, scale=scale_of(names, (BLUE, "#bdbdbd", ORANGE))),
        order="row_position:O",
        tooltip=tips(words, group_word=None, outcome_word=None, spells=",.0f", share=".1%"),
    )
    success = alt.Chart(shown[shown["outcome"] == "success"]).mark_text(align="left", dx=5, color="#111")
    labels = success.encode(
        x="share:Q", y=alt.Y("group_word:N", sort=groups), text=alt.Text("share:Q", format=".0%")
    )
    return finish(bars + labels, 190)


def cumulative_incidence(results: Results, words: Words) -> Figure:
    """Share in work, and share gone, by weeks since arrival; the table has the weeks of the sheets."""
    frame = results["benchmark.cumulative_incidence"]
    causes = {"employment": words("outcome_success"), "leaving": words("outcome_left")}
    frame = frame.assign(
        curve=[
            words(f"curve_{cause}_{sex}") for cause, sex in zip(frame["cause"], frame["sex"], strict=True)
        ],
        sex_word=frame["sex"].map(lambda value: words(f"group_{value}")),
        cause_word=frame["cause"].map(causes),
    )
    told = frame[frame["week"].isin(results["report.municipal_survival"]["week"])]
    columns = {"curve": "text", "week": 0, "incidence": "percent", "ci_low": "percent", "ci_high": "percent"}
    reasons = dict.fromkeys(("incidence", "ci_low", "ci_high"), "few_persons")
    table = written_table(told, columns, words, reasons)
    shown = frame.dropna(subset=["incidence"])
    spec = None if shown.empty else _incidence_curves(shown, words, results.weeks)
    return Figure("cumulative_incidence", spec, table.columns, table.rows, table.missing)


def _incidence_curves(shown, words, window):
    names = [words("group_women"), words("group_men")]
    causes = [words("outcome_success"), words("outcome_left")]
    weeks = half_years(window)
    base = alt.Chart(shown).encode(
        x=alt.X(
            "week:Q",
            title=words("axis_weeks_since_start"),
            scale=alt.Scale(domain=[0, window], nice=False),
            axis=alt.Axis(values=weeks),
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
        tooltip=tips(words, curve=None, week="d", incidence=".1%", ci_low=".1%", ci_high=".1%"),
    )
    label = (
        alt.Chart(_rows_beside_names(shown, weeks[-2]))
        .mark_text(align="right", dx=-12, dy=-16, fontSize=13, fontWeight="bold", color="#333")
        .encode(x="week:Q", y="incidence:Q", text="cause_word:N")
    )
    return finish(band + line + label, 320)


def _rows_beside_names(curves: pd.DataFrame, week: int) -> pd.DataFrame:
    """Where the causes' names stand: above the higher curve at a week, or the next published week."""
    later = curves[curves["week"] >= week].sort_values(["week", "incidence"])
    first = later[later.groupby("cause_word")["week"].transform("min") == later["week"]]
    return first.drop_duplicates("cause_word", keep="last")
