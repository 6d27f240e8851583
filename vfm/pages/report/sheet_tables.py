"""Everything about one municipality: the tables of its sheet."""

import pandas as pd

from vfm.pages.report.answers import answers
from vfm.pages.report.neighbours import groups_block, peers_block
from vfm.pages.report.tables import Results, is_missing
from vfm.pages.report.words import Words

WITHHELD = ("few_persons", "protects_another_cell")


def danish_order(name: str) -> list[str]:
    """Return a sort key in which Æ, Ø and Å come last, and Aa is Å."""
    spelt = name.lower().replace("aa", "å")
    return [{"æ": "z1", "ø": "z2", "å": "z3"}.get(sign, sign) for sign in spelt]


def all_sheets(municipalities: dict[str, dict], words: Words) -> list[dict]:
    """Write the sheets of all municipalities.

    Parameters
    ----------
    municipalities : dict
        As from rows_of_municipalities.
    words : Words

    Returns
    -------
    list of dict
        code, name, answers (heading and sentences of the lead), peers (codes of the most similar intakes),
        notes (list of str), blocks: title, header, rows of text, and empty: {chart that has nothing to
        show: why}. In the order of the names in Danish spelling.
    """
    return [_sheet(code, own, words) for code, own in municipalities.items()]


def rows_of_municipalities(results: Results) -> dict[str, dict]:
    """Gather what the tables say of each municipality.

    Parameters
    ----------
    results : Results

    Returns
    -------
    dict
        {code: {name: a row as dict, None without one; or a list of rows}}, by name in Danish spelling.
    """
    frontier = results["efficiency.frontier_intervals"]
    single = {
        "answer": results["report.municipal_answers"],
        "observed": results["benchmark.observed_durations"],
        "indicator": results["benchmark.benchmark_indicators"],
        "profile": results["benchmark.municipal_profiles"],
        "expenditure": results["expenditure.expenditure_indicators"],
        "distances": results["efficiency.cost_distances"],
        "production": frontier[frontier["side"] == "production"],
        "cost": frontier[frontier["side"] == "cost"],
    }
    several = {
        "probabilities": results["benchmark.quintile_probabilities"].sort_values("quintile"),
        "years": results["report.municipal_expenditure"].sort_values("year"),
        "groups": results["report.municipal_groups"].sort_values("row_position"),
        "survival": results["report.municipal_survival"].sort_values("week"),
        "curve": results["benchmark.municipal_curves"].dropna(subset=["observed_survival"]),
        "peers": results["benchmark.municipal_peers"].sort_values("place"),
    }
    one = {name: frame.set_index("municipality_code").to_dict("index") for name, frame in single.items()}
    many = {name: _rows_by_code(frame) for name, frame in several.items()}
    places = results["meta.municipalities"].set_index("municipality_code").to_dict("index")
    groups = results["benchmark.group_indicators"].to_dict("records")
    of_groups = {(group["kind"], group["group_name"]): group for group in groups}
    found = {}
    for code in sorted(
        one["observed"], key=lambda code: danish_order(one["observed"][code]["municipality_name"])
    ):
        own = {name: rows.get(code) for name, rows in one.items()}
        own |= {name: rows.get(code, []) for name, rows in many.items()}
        own["swings"] = _swings(own["years"])
        own["groups_above"] = [
            of_groups[key]
            for key in (("province", places[code]["province"]), ("region", places[code]["region"]))
            if key in of_groups
        ] + [group for group in groups if group["kind"] == "country"]
        own["place"] = places[code]
        found[code] = own
    for own in found.values():
        own["of_peers"] = [found[peer["peer_municipality_code"]] for peer in own["peers"]]
    return found


def _swings(years):
    """Years of a swing with the year before, which is shown where there is a swing."""
    by_year = {int(line["year"]): line for line in years}
    return [(by_year[year - 1], line) for year, line in by_year.items() if line["is_swing"]]


def _rows_by_code(frame: pd.DataFrame) -> dict[str, list[dict]]:
    return {code: rows.to_dict("records") for code, rows in frame.groupby("municipality_code")}


def _sheet(code, own, words):
    name = own["observed"]["municipality_name"]
    blocks = [
        peers_block(own, words),
        groups_block(own, words),
        _result(own, words),
        _profile(own, words),
        _survival(own, words),
        _quintiles(own, words),
        _money(own, words),
        _frontiers(own, words),
    ]
    blocks = [block for block in blocks if block]
    cells = {cell for block in blocks for line in block["rows"] for cell in line}
    is_withheld = any(words.missing(reason) in cells for reason in WITHHELD)
    return {
        "code": code,
        "name": name,
        "answers": answers(own, words),
        "peers": [peer["peer_municipality_code"] for peer in own["peers"]],
        "notes": [words("withheld_note")] if is_withheld else [],
        "blocks": blocks,
        "empty": _empty_charts(own, words),
    }


def _empty_charts(own, words):
    """Why a chart of the sheet has nothing to show, {chart: sentence}."""
    found = {}
    if own["indicator"] is None:
        outside = words("sheet_chart_not_benchmarked")
        found |= {"curves": words("sheet_curves_not_benchmarked"), "quintiles": outside}
        if own["expenditure"] is None:
            found["ratios"] = outside
    elif len(own["curve"]) < 2:
        found["curves"] = words("sheet_chart_empty")
    if all(is_missing(line["expected_dkk"]) for line in own["years"]):
        found["money"] = words("sheet_chart_no_money")
    return {f"sheet_{name}": reason for name, reason in found.items()}


def _block(words, name, rows, header=None, **more):
    return {"name": name, "title": words(f"sheet_{name}", **more), "header": header or [], "rows": rows}


def _result(own, words):
    rows = _observed_rows(own["observed"], words)
    if own["indicator"]:
        rows += _indicator_rows(own["indicator"], own["answer"], words)
    if own["profile"]:
        rows += _profile_rows(own["profile"], words)
    return _block(words, "result", rows)


def _observed_rows(observed, words):
    """Spells, successes, and the mean duration with its interval; each missing one with its reason."""
    duration = words.number(
        observed["observed_mean_duration_weeks"], 1, reason=observed["duration_withheld_reason"]
    )
    if not is_missing(observed["ci_low"]):
        duration += f" ({words.interval(observed['ci_low'], observed['ci_high'], 1)})"
    return [
        [
            words(f"column_{name}"),
            words.number(observed[name], reason=observed[f"{name}_withheld_reason"]),
        ]
        for name in ("spells", "successes")
    ] + [[words("column_observed_mean_duration_weeks"), duration]]


def _indicator_rows(indicator, answer, words):
    no_rank = is_missing(answer["rank"])
    rank = words("no_rank") if no_rank else words("rank_of", rank=words.number(answer["rank"]))
    return [
        [
            words("column_expected_mean_duration_weeks"),
            words.number(indicator["expected_mean_duration_weeks"], 1),
        ],
        [words("column_benchmark_indicator"), words.number(indicator["benchmark_indicator"], 2)],
        [words("interval_95"), words.interval(indicator["ci_low"], indicator["ci_high"])],
        [words("column_position_word"), words(f"position_{indicator['position']}")],
        [words("position_fdr"), words(f"position_{indicator['position_fdr']}")],
        [words("column_quintile"), words.number(indicator["quintile"])],
        [words("column_rank"), rank],
    ]


def _profile_rows(profile, words):
    rows = [
        [
            words(f"set_{kind}"),
            words.interval(profile[f"{kind}_rank_low"], profile[f"{kind}_rank_high"], 0),
        ]
        for kind in ("marginal", "simultaneous")
    ]
    interval = words.interval(profile["shrunken_ci_low"], profile["shrunken_ci_high"])
    rows.append([words("shrunken"), f"{words.number(profile['shrunken_indicator'], 2)} ({interval})"])
    position = profile["funnel_position"]
    place = words.missing("not_estimated") if is_missing(position) else words(f"funnel_{position}")
    return [*rows, [words("funnel_title"), place]]


def _survival(own, words):
    """Share without a job at some weeks; between two published weeks the observed share is a range."""
    if not own["survival"]:
        return None
    observed, expected = [], []
    for line in own["survival"]:
        low, high = (
            words.percent(line[end], reason=line["withheld_reason"])
            for end in ("observed_low", "observed_high")
        )
        observed.append(low if low == high else f"{low} {words('to')} {high}")
        expected.append(words.percent(line["expected_survival"]))
    weeks = [words("after_weeks", weeks=line["week"]) for line in own["survival"]]
    rows = [[words("observed"), *observed], [words("expected"), *expected]]
    return _block(words, "survival", rows, [words("column_without_job"), *weeks])


def _quintiles(own, words):
    if not own["probabilities"]:
        return None
    fifths = [words(f"quintile_{line['quintile']}") for line in own["probabilities"]]
    shares = [words.percent(line["probability"]) for line in own["probabilities"]]
    return _block(
        words, "quintiles", [[words("column_probability"), *shares]], [words("column_quintile"), *fifths]
    )


def _money(own, words):
    columns = ("year", "full_year_persons", "actual_dkk", "expected_dkk", "expenditure_indicator")
    rows = []
    for line in own["years"]:
        of_persons, of_model = line["persons_withheld_reason"], line["expected_withheld_reason"]
        if of_model == "not_estimated":
            of_model = "not_modelled"
        rows.append(
            [
                str(int(line["year"])),
                words.number(line["full_year_persons"], reason=of_persons),
                words.number(line["actual_dkk"], reason=of_persons),
                words.number(line["expected_dkk"], reason=of_model),
                words.number(line["expenditure_indicator"], 2, reason=of_model),
            ]
        )
    whole = own["expenditure"]
    if whole:
        value = words.number(whole["expenditure_indicator"], 2)
        interval = words.interval(whole["ci_low"], whole["ci_high"], reason=whole["uncertainty_reason"])
        position = words(f"expenditure_{whole['position']}")
        rows.append([words("all_years"), "", "", position, f"{value} ({interval})"])
        interval = words.interval(whole["report_ci_low"], whole["report_ci_high"], reason="one_year")
        position = words(f"expenditure_{whole['report_position']}")
        rows.append([words("report_all_years"), "", "", position, f"{value} ({interval})"])
    return _block(words, "money", rows, [words(f"column_{name}") for name in columns])


def _frontiers(own, words):
    if not own["cost"] or not own["distances"]:
        return None
    columns = ("frontier_side", "inefficiency", "interval", "rank", "rank_interval")
    rows = [_frontier_row(side, own[side], words) for side in ("production", "cost") if own[side]]
    cost = own["distances"]
    if own["cost"]["boundary"] != "sigma_u":
        interval = words.interval(cost["distance_dkk_low"], cost["distance_dkk_high"], 0)
        rows.append([words("distance_dkk"), words.number(cost["distance_dkk"]), interval, "", ""])
    return _block(words, "frontiers", rows, [words(f"column_{name}") for name in columns])


def _frontier_row(side, found, words):
    """The distance to a frontier; where the frontier is the regression, that there is none to tell."""
    if found["boundary"] == "sigma_u":
        return [words(f"side_{side}"), words("boundary_sigma_u"), "", "", ""]
    interval = words.missing("not_estimated")
    if not is_missing(found["joint_low"]):
        low, high = (words.percent(found[f"joint_{end}"], 1) for end in ("low", "high"))
        interval = f"{low} {words('to')} {high}"
    return [
        words(f"side_{side}"),
        words.percent(found["inefficiency"], 1),
        interval,
        words("rank_at_sigma_v") if found["boundary"] == "sigma_v" else words.number(found["rank"]),
        words.interval(found["rank_low"], found["rank_high"], 0),
    ]


def _profile(own, words):
    if not own["groups"]:
        return None
    header = [words("column_group"), words("column_here"), words("column_whole_country")]
    rows = [
        [
            words(f"column_{line['term']}"),
            words.percent(line["share"], 0, reason=line["withheld_reason"]),
            words.percent(line["national_share"], 0, reason="few_persons"),
        ]
        for line in own["groups"]
    ]
    return _block(words, "profile", rows, header, year=own["groups"][0]["year"])
