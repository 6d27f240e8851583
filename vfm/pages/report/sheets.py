"""Everything about one municipality: the sheet's tables, and the charts that follow the choice."""

import altair as alt
import pandas as pd

from vfm.pages.report import charts
from vfm.pages.report.charts import BLUE, CHOSEN, GREY, ORANGE, QUARTERS, finish, halo, rule_at, scale_of
from vfm.pages.report.tables import is_missing

WEEKS = 156
HALF_YEARS = (0, 26, 52, 78, 104, 130, WEEKS)
TOLD_WEEKS = (26, 52, 104, WEEKS)
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
        code, name, lead (a sentence), notes (list of str), blocks: title, header, rows of text, and
        empty: {chart that has nothing to show: why}. In the order of the names in Danish spelling.
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
    curves = dict(list(results["benchmark.municipal_curves"].groupby("municipality_code")))
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
            "curves": curves.get(code),
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
            _survival(own, words),
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
        "empty": _empty(own, words),
    }


def _empty(own, words):
    """Why a chart of the sheet has nothing to show, {chart: sentence}."""
    found = {}
    if own["indicator"] is None:
        outside = words("sheet_chart_not_benchmarked")
        found |= {"curves": words("sheet_curves_not_benchmarked"), "quintiles": outside}
        if own["expenditure"] is None:
            found["ratios"] = outside
    elif own["curves"] is None or own["curves"]["observed_survival"].notna().sum() < 2:
        found["curves"] = words("sheet_chart_empty")
    if all(is_missing(line["expected_dkk"]) for line in own["years"]):
        found["money"] = words("sheet_chart_no_money")
    return {f"sheet_{name}": reason for name, reason in found.items()}


def _block(words, name, rows, header=None, **more):
    return {"name": name, "title": words(f"sheet_{name}", **more), "header": header or [], "rows": rows}


def _result(own, words):
    row, indicator, profile = own["row"], own["indicator"], own["profile"]
    rows = [
        [words("column_spells"), words.number(row["spells"])],
        [words("column_successes"), words.number(row["successes"])],
        [words("column_observed_mean_duration_weeks"), _duration(own, words)],
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


def _duration(own, words):
    """The observed mean duration with its 95 % interval."""
    weeks = own["row"]["observed_mean_duration_weeks"]
    error = own["observed"] and own["observed"]["standard_error"]
    if is_missing(weeks) or is_missing(error):
        return words.number(weeks, 1)
    ends = words.interval(weeks - 1.96 * error, weeks + 1.96 * error, 1)
    return f"{words.number(weeks, 1)} ({ends})"


def _survival(own, words):
    """Share without a job at four weeks; between two weeks that are given the observed one is a range."""
    if own["curves"] is None:
        return None
    curve = own["curves"].set_index("week").sort_index()
    given = curve["observed_survival"].dropna()
    rows = []
    for name, write in (
        ("observed", lambda week: _share_at(given, week, words)),
        ("expected", lambda week: words.percent(curve["expected_survival"].get(week))),
    ):
        rows.append([words(name), *(write(week) for week in TOLD_WEEKS)])
    header = [words("column_without_job"), *(words("after_weeks", weeks=week) for week in TOLD_WEEKS)]
    return _block(words, "survival", rows, header)


def _share_at(given, week, words):
    if week in given.index:
        return words.percent(given[week])
    before, after = given[given.index < week], given[given.index > week]
    if before.empty or after.empty:
        return words("withheld")
    return f"{words.percent(after.iloc[0])} {words('to')} {words.percent(before.iloc[-1])}"


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
        expected, ratio = (
            words("not_modelled")
            if is_missing(line[name]) and not few
            else words.number(line[name], decimals)
            for name, decimals in (("expected_dkk", 0), ("expenditure_indicator", 2))
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
            "curves": _curves,
            "money": _money_chart,
            "ratios": _ratios,
            "quintiles": _quintile_chart,
        }.items()
    }


def _curves(results, words):
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
        scale=alt.Scale(domain=[0, WEEKS], nice=False),
        axis=alt.Axis(values=HALF_YEARS),
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
        _packed(steps[told].dropna(), "week", "until", "observed_survival", "low")
        .mark_rect(color=BLUE, opacity=0.28)
        .encode(x=x, x2="until:Q", y=y, y2="low:Q")
    )
    coarse = frame[(frame["week"] % 2 == 0) | (frame["week"] == WEEKS)]
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
    return alt.Chart(alt.Data(values=rows)).transform_filter(CHOSEN).transform_flatten(columns)


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
    text = halo(base.encode(x="value:Q", text=alt.Text("value:Q", format=".2f")), dy=-14, fontWeight="normal")
    return finish(rule_at(1) + line + point + text, 110, is_chooser=True)


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
        axis=alt.Axis(format="%", values=QUARTERS),
        scale=alt.Scale(domain=[0, 1.1], nice=False),
    )
    bar = base.mark_bar(stroke="#777", strokeWidth=0.5).encode(
        x=x, color=alt.Color("word:N", legend=None, scale=scale_of(names, charts.QUINTILE_COLOURS))
    )
    text = base.mark_text(align="left", dx=4).encode(x=x, text=alt.Text("probability:Q", format=".0%"))
    return finish(bar + text, 120, is_chooser=True)


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
