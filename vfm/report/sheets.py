"""Everything about one municipality: the sheet's tables, and the charts that follow the choice."""

import altair as alt
import pandas as pd

from vfm.report import charts
from vfm.report.charts import BLUE, CHOSEN, GREY, ORANGE, finish, rule_at, scale_of
from vfm.report.tables import is_missing

SHARES = (
    "share_refugees",
    "share_under_25",
    "share_danish_education_1",
    "share_danish_education_2",
    "share_danish_education_3",
    "share_africa",
    "share_asia",
    "share_europe_outside_eu28",
    "share_syria",
    "share_iran_afghanistan",
    "share_thailand_philippines",
    "share_turkey",
)


def _by_code(frame):
    return frame.set_index("municipality_code").to_dict("index")


def all_sheets(results, words):
    """Write the sheets of all municipalities.

    Parameters
    ----------
    results : Results
    words : Words

    Returns
    -------
    list of dict
        code, name, lead (a sentence), notes (list of str), and blocks: title, header, rows of text. In the
        order of the names in Danish spelling.
    """
    tables = {
        "indicator": results["benchmark.benchmark_indicators"],
        "profile": results["benchmark.municipal_profiles"],
        "expenditure": results["expenditure.expenditure_indicators"],
        "distances": results["efficiency.cost_distances"],
        "observed": results["benchmark.observed_durations"],
        "map": results["report.figure_5_2"],
    }
    by_code = {name: _by_code(frame) for name, frame in tables.items()}
    frontier = results["efficiency.frontier_intervals"]
    by_side = {side: _by_code(frontier[frontier["side"] == side]) for side in ("production", "cost")}
    probabilities = (
        results["benchmark.quintile_probabilities"].sort_values("quintile").groupby("municipality_code")
    )
    probabilities = {code: rows.to_dict("records") for code, rows in probabilities}
    years = results["expenditure.expenditure_per_person"].merge(
        results["expenditure.expenditure_need"][
            ["municipality_code", "year", "expected_dkk", "expenditure_indicator"]
        ],
        on=["municipality_code", "year"],
        how="left",
    )
    years = {
        code: rows.to_dict("records") for code, rows in years.sort_values("year").groupby("municipality_code")
    }
    composition = _composition(results)
    sheets = []
    for row in results["report.appendix_table_5_1"].to_dict("records"):
        code = row["municipality_code"]
        own = {name: rows.get(code) for name, rows in by_code.items()}
        own |= {side: rows.get(code) for side, rows in by_side.items()}
        own |= {
            "code": code,
            "row": row,
            "probabilities": probabilities.get(code),
            "years": years.get(code, []),
            "composition": composition.get(code),
            "municipalities": len(tables["indicator"]),
        }
        sheets.append(_sheet(own, words))
    return sorted(sheets, key=lambda sheet: danish_order(sheet["name"]))


def danish_order(name):
    """Sort key in which Æ, Ø and Å come last, and Aa is Å."""
    spelt = name.lower().replace("aa", "å")
    return [{"æ": "z1", "ø": "z2", "å": "z3"}.get(sign, sign) for sign in spelt]


def _composition(results):
    """{municipality: {'year', 'own': {share: value}, 'mean': {share: value}}} of the last year told."""
    frame = results["expenditure.municipal_composition"]
    shares = [share for share in SHARES if share in frame]
    means = frame.groupby("year")[shares].mean()
    found = {}
    for code, rows in frame.sort_values("year").groupby("municipality_code"):
        last = rows.iloc[-1]
        found[code] = {
            "year": int(last["year"]),
            "own": last[shares].to_dict(),
            "mean": means.loc[last["year"]].to_dict(),
        }
    return found


def _sheet(own, words):
    indicator, row = own["indicator"], own["row"]
    notes = []
    if indicator is None or is_missing(indicator["benchmark_indicator"]):
        lead = words("sheet_not_benchmarked", name=row["municipality_name"])
    else:
        lead = words(
            f"sheet_lead_{indicator['position']}",
            name=row["municipality_name"],
            indicator=words.number(indicator["benchmark_indicator"], 2),
            interval=words.interval(indicator["ci_low"], indicator["ci_high"]),
        )
    blocks = [
        block
        for block in (
            _result(own, words),
            _profile(own, words),
            _quintiles(own, words),
            _money(own, words),
            _frontiers(own, words),
        )
        if block
    ]
    if any(words("withheld") in cell for block in blocks for line in block["rows"] for cell in line):
        notes.append(words("withheld_note"))
    return {
        "code": own["code"],
        "name": row["municipality_name"],
        "lead": lead,
        "notes": notes,
        "blocks": blocks,
    }


def _block(words, name, rows, header=None, **more):
    return {"name": name, "title": words(f"sheet_{name}", **more), "header": header or [], "rows": rows}


def _result(own, words):
    row, indicator, profile = own["row"], own["indicator"], own["profile"]
    rows = [
        [words("column_spells"), words.number(row["spells"])],
        [words("column_successes"), words.number(row["successes"])],
        [words("column_observed_mean_duration_weeks"), words.number(row["observed_mean_duration_weeks"], 1)],
    ]
    if indicator:
        rows += [
            [
                words("column_expected_mean_duration_weeks"),
                words.number(indicator["expected_mean_duration_weeks"], 1),
            ],
            [words("column_benchmark_indicator"), words.number(indicator["benchmark_indicator"], 2)],
            [words("interval_95"), words.interval(indicator["ci_low"], indicator["ci_high"])],
            [words("column_position_word"), words(f"position_{indicator['position']}")],
            [words("column_quintile"), words.number(indicator["quintile"])],
            [
                words("column_rank"),
                words("rank_of", rank=words.number(indicator["rank"]), all=own["municipalities"]),
            ],
        ]
    if profile:
        rows += [
            [
                words("set_marginal"),
                words.interval(profile["marginal_rank_low"], profile["marginal_rank_high"], 0),
            ],
            [
                words("set_simultaneous"),
                words.interval(profile["simultaneous_rank_low"], profile["simultaneous_rank_high"], 0),
            ],
            [
                words("shrunken"),
                f"{words.number(profile['shrunken_indicator'], 2)} "
                f"({words.interval(profile['shrunken_ci_low'], profile['shrunken_ci_high'])})",
            ],
            [words("funnel_title"), words(f"funnel_{profile['funnel_position']}")],
        ]
    return _block(words, "result", rows)


def _quintiles(own, words):
    if not own["probabilities"]:
        return None
    header = [
        words("column_quintile"),
        *(words(f"quintile_{line['quintile']}") for line in own["probabilities"]),
    ]
    rows = [
        [words("column_probability"), *(words.percent(line["probability"]) for line in own["probabilities"])]
    ]
    return _block(words, "quintiles", rows, header)


def _money(own, words):
    header = [
        words(f"column_{name}")
        for name in ("year", "full_year_persons", "actual_dkk", "expected_dkk", "expenditure_indicator")
    ]
    rows = []
    for line in own["years"]:
        few = is_missing(line["expenditure_per_full_year_person_dkk"])
        expected = (
            words("not_modelled")
            if is_missing(line["expected_dkk"]) and not few
            else words.number(line["expected_dkk"])
        )
        ratio = (
            words("not_modelled")
            if is_missing(line["expenditure_indicator"]) and not few
            else words.number(line["expenditure_indicator"], 2)
        )
        rows.append(
            [
                str(int(line["year"])),
                words.number(line["full_year_persons"]),
                words.number(line["expenditure_per_full_year_person_dkk"]),
                expected,
                ratio,
            ]
        )
    whole = own["expenditure"]
    if whole:
        value = words.number(whole["expenditure_indicator"], 2)
        interval = (
            words("one_year")
            if is_missing(whole["ci_low"])
            else words.interval(whole["ci_low"], whole["ci_high"])
        )
        rows.append(
            [words("all_years"), "", "", words(f"expenditure_{whole['position']}"), f"{value} ({interval})"]
        )
    return _block(words, "money", rows, header)


def _frontiers(own, words):
    if not own["cost"] or not own["distances"]:
        return None
    header = [
        words(f"column_{name}")
        for name in ("frontier_side", "inefficiency", "interval", "rank", "rank_interval")
    ]
    rows = [
        [
            words(f"side_{side}"),
            words.percent(own[side]["inefficiency"], 1),
            f"{words.percent(own[side]['joint_low'], 1)} {words('to')} "
            f"{words.percent(own[side]['joint_high'], 1)}",
            words.number(own[side]["rank"]),
            words.interval(own[side]["rank_low"], own[side]["rank_high"], 0),
        ]
        for side in ("production", "cost")
        if own[side]
    ]
    cost = own["distances"]
    rows.append(
        [
            words("distance_dkk"),
            words.number(cost["distance_dkk"]),
            words.interval(cost["distance_dkk_low"], cost["distance_dkk_high"], 0),
            "",
            "",
        ]
    )
    return _block(words, "frontiers", rows, header)


def _profile(own, words):
    composition = own["composition"]
    if not composition:
        return None
    header = [words("column_group"), words("column_here"), words("column_mean_of_municipalities")]
    rows = [
        [words(f"column_{share}"), words.percent(value, 1), words.percent(composition["mean"][share], 1)]
        for share, value in composition["own"].items()
    ]
    return _block(words, "profile", rows, header, year=composition["year"])


def sheet_charts(results, words):
    """The charts of the sheet; each shows the rows of the chosen municipality.

    Returns
    -------
    dict
        {name: Vega-Lite}; a chart whose cells are all suppressed is None.
    """
    return {
        name: draw(results, words)
        for name, draw in {
            "durations": _durations,
            "ratios": _ratios,
            "quintiles": _quintile_chart,
            "money": _money_chart,
        }.items()
    }


def _durations(results, words):
    frame = results["benchmark.benchmark_indicators"].merge(
        results["benchmark.observed_durations"][["municipality_code", "standard_error"]].rename(
            columns={"standard_error": "observed_error"}
        ),
        on="municipality_code",
    )
    observed = frame.assign(
        which=words("observed"),
        weeks=frame["observed_mean_duration_weeks"],
        low=frame["observed_mean_duration_weeks"] - 1.96 * frame["observed_error"],
        high=frame["observed_mean_duration_weeks"] + 1.96 * frame["observed_error"],
    )
    expected = frame.assign(which=words("expected"), weeks=frame["expected_mean_duration_weeks"])
    names = [words("observed"), words("expected")]
    tall = pd.concat([observed, expected]).reindex(
        columns=["municipality_code", "which", "weeks", "low", "high"]
    )
    tall = tall.dropna(subset=["weeks"])
    if tall.empty:
        return None
    base = (
        alt.Chart(tall)
        .transform_filter(CHOSEN)
        .encode(y=alt.Y("which:N", sort=names, title=None, scale=alt.Scale(domain=names)))
    )
    scale = alt.Scale(domain=[0, 156], nice=False)
    colour = alt.Color("which:N", legend=None, scale=scale_of(names, (BLUE, GREY)))
    bar = base.mark_bar(height={"band": 0.65}).encode(
        x=alt.X("weeks:Q", title=words("axis_weeks"), scale=scale), color=colour
    )
    error = base.mark_rule(color="#000", strokeWidth=2).encode(x="low:Q", x2="high:Q")
    text = base.mark_text(align="left", dx=5, x=4, color="#fff", fontWeight="bold").encode(
        text=alt.Text("weeks:Q", format=".1f")
    )
    return finish(bar + error + text, 70, is_chooser=True)


def _ratios(results, words):
    kinds = {
        words("column_benchmark_indicator"): results["benchmark.benchmark_indicators"].assign(
            value=lambda frame: frame["benchmark_indicator"]
        ),
        words("column_expenditure_indicator"): results["expenditure.expenditure_indicators"].assign(
            value=lambda frame: frame["expenditure_indicator"]
        ),
    }
    tall = pd.concat(
        [
            frame[["municipality_code", "value", "ci_low", "ci_high"]].assign(kind=kind)
            for kind, frame in kinds.items()
        ]
    )
    tall = tall.dropna(subset=["value"])
    if tall.empty:
        return None
    names = list(kinds)
    base = (
        alt.Chart(tall)
        .transform_filter(CHOSEN)
        .encode(y=alt.Y("kind:N", sort=names, title=None, scale=alt.Scale(domain=names)))
    )
    colour = alt.Color("kind:N", legend=None, scale=scale_of(names, (BLUE, ORANGE)))
    line = base.mark_rule(strokeWidth=3).encode(
        x=alt.X("ci_low:Q", title=words("axis_ratio"), scale=alt.Scale(zero=False, padding=15)),
        x2="ci_high:Q",
        color=colour,
    )
    point = base.mark_point(filled=True, size=110, opacity=1).encode(x="value:Q", color=colour)
    text = base.mark_text(dy=-14).encode(x="value:Q", text=alt.Text("value:Q", format=".2f"))
    return finish(rule_at(1) + line + point + text, 100, is_chooser=True)


def _quintile_chart(results, words):
    frame = results["benchmark.quintile_probabilities"].dropna(subset=["probability"])
    if frame.empty:
        return None
    names = [words(f"quintile_{quintile}") for quintile in range(1, 6)]
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
        axis=alt.Axis(format="%"),
        scale=alt.Scale(domain=[0, 1.05], nice=False),
    )
    bar = base.mark_bar(stroke="#777", strokeWidth=0.5).encode(
        x=x, color=alt.Color("word:N", legend=None, scale=scale_of(names, charts.QUINTILE_COLOURS))
    )
    text = base.mark_text(align="left", dx=4).encode(x=x, text=alt.Text("probability:Q", format=".0%"))
    return finish(bar + text, 130, is_chooser=True)


def _money_chart(results, words):
    frame = results["expenditure.expenditure_need"].dropna(subset=["actual_dkk", "expected_dkk"])
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
            color=alt.Color("what:N", title=None, scale=scale_of(names.values(), (BLUE, GREY))),
        )
    )
    line = base.mark_line(strokeWidth=2).encode(
        strokeDash=alt.StrokeDash("what:N", title=None, scale=scale_of(names.values(), ([1, 0], [5, 3])))
    )
    return finish(line + base.mark_point(filled=True, size=55, opacity=1), 150, is_chooser=True)
