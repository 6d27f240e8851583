"""Whom a municipality is compared with on its sheet: its peers, and the groups it belongs to."""

from vfm.pages.report.answers import difference
from vfm.pages.report.tables import is_missing
from vfm.pages.report.words import Words

PEER_COLUMNS = ("peer", "weeks_against_expected", "dkk_against_expected", "beside_this", "closer_pairs")
GROUP_COLUMNS = ("group_of_place", "observed_weeks", "expected_weeks", "indicator_interval", "position_word")
#: Where more than this percent of all pairs are more alike, a peer is none in truth (docs/statistics.md).
UNLIKE_PERCENT = 50


def peers_block(own: dict, words: Words) -> dict | None:
    """Write the peers beside the municipality: result, cost, and whether they do better beyond the margin.

    Parameters
    ----------
    own : dict
        The municipality's rows, as sheet_tables has them.
    words : Words

    Returns
    -------
    dict or None
        A block of the sheet; None outside the benchmark.
    """
    if not own["peers"]:
        return None
    rows = [[own["observed"]["municipality_name"], *_against_expected(own["answer"], words), "", ""]]
    for peer, other in zip(own["peers"], own["of_peers"], strict=True):
        position = peer["joint_peer_position"]
        beside = words.missing("not_estimated") if is_missing(position) else words(f"peer_{position}")
        closer = words.percent_of_100(peer["pairs_closer_percent"])
        rows.append(
            [peer["peer_municipality_name"], *_against_expected(other["answer"], words), beside, closer]
        )
    unlike = any(peer["pairs_closer_percent"] > UNLIKE_PERCENT for peer in own["peers"])
    notes = [words("sheet_peers_note"), *([words("sheet_peers_unlike")] if unlike else [])]
    return {
        "name": "peers",
        "title": words("sheet_peers", better=words.number(own["answer"]["peers_better"])),
        "header": [words(f"column_{name}") for name in PEER_COLUMNS],
        "rows": rows,
        "notes": notes,
    }


def groups_block(own: dict, words: Words) -> dict | None:
    """Write the indicators of municipality, province, region and country; None outside the benchmark."""
    if own["indicator"] is None:
        return None
    rows = [_group_row(own["observed"]["municipality_name"], own["indicator"], words)]
    rows += [
        _group_row(words(f"kind_{group['kind']}", name=group["group_name"]), group, words)
        for group in own["groups_above"]
    ]
    header = [words(f"column_{name}") for name in GROUP_COLUMNS]
    return {"name": "groups", "title": words("sheet_groups"), "header": header, "rows": rows}


def weeks_against_expected(answer: dict, words: Words) -> str:
    """Write the difference in weeks in words, with its interval where it stands apart from none."""
    return _difference(answer, "weeks", "result_position", {True: "sooner", False: "later"}, 1, words)


def dkk_against_expected(answer: dict, words: Words) -> str:
    """Write the difference in kroner as `weeks_against_expected`."""
    return _difference(answer, "dkk", "cost_position", {True: "more", False: "less"}, 0, words)


def _against_expected(answer, words):
    return [weeks_against_expected(answer, words), dkk_against_expected(answer, words)]


def _difference(answer, unit, position, sides, decimals, words):
    value = answer[f"difference_{unit}"]
    if is_missing(value):
        return words.missing("not_estimated" if unit == "weeks" else "not_modelled")
    low, high = answer[f"difference_{unit}_low"], answer[f"difference_{unit}_high"]
    text = words(f"difference_{sides[value > 0]}", difference=words.number(abs(value), decimals))
    if is_missing(low):
        return text
    if answer[position] == "around":
        return words("difference_within", difference=text)
    return words("difference_apart", difference=text, interval=difference(low, high, decimals, words))


def _group_row(name, found, words):
    interval = words.interval(found["ci_low"], found["ci_high"])
    position = found["position"]
    return [
        name,
        words.number(found["observed_mean_duration_weeks"], 1),
        words.number(found["expected_mean_duration_weeks"], 1),
        f"{words.number(found['benchmark_indicator'], 2)} ({interval})",
        words.missing("not_estimated") if is_missing(position) else words(f"position_{position}"),
    ]
