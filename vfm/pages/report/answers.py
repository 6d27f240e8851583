"""What a municipality's sheet leads with: result, cost, both together, and what cannot be said."""

from vfm.pages.report.tables import is_missing
from vfm.pages.report.words import Words

#: What a reader asks, in order; the page has a heading for each.
QUESTIONS = ("result", "cost", "both", "unknown")


def answers(own: dict, words: Words) -> list[tuple[str, str]]:
    """Answer what a reader asks of a municipality.

    Parameters
    ----------
    own : dict
        The municipality's rows, as sheet_tables has them: answer, indicator, swings.
    words : Words

    Returns
    -------
    list of (str, str)
        (heading, sentences), for each of QUESTIONS that has an answer.
    """
    found = {
        "result": _result(own, words),
        "cost": _cost(own, words),
        "both": _both(own, words),
        "unknown": _unknown(own, words),
    }
    return [(words(f"answer_{name}"), found[name]) for name in QUESTIONS if found[name]]


def difference(low: float, high: float, decimals: int, words: Words) -> str:
    """Write an interval that lies on one side of 0 without its signs, the smaller end first."""
    ends = sorted((abs(low), abs(high)))
    return words.interval(*ends, decimals)


def _result(own, words):
    answer = own["answer"]
    position = answer["result_position"]
    if is_missing(position):
        return words("sheet_not_benchmarked", name=answer["municipality_name"])
    said = {
        "name": answer["municipality_name"],
        "observed": words.number(answer["observed_mean_duration_weeks"], 1),
        "expected": words.number(answer["expected_mean_duration_weeks"], 1),
        "difference": words.number(abs(answer["difference_weeks"]), 1),
    }
    low, high = answer["difference_weeks_low"], answer["difference_weeks_high"]
    if is_missing(low):
        return words("answer_result_unsure", **said)
    if position == "around":
        slower, sooner = words.number(abs(low), 1), words.number(abs(high), 1)
        return words("answer_result_around", slower=slower, sooner=sooner, **said)
    return words(f"answer_result_{position}", interval=difference(low, high, 1, words), **said)


def _cost(own, words):
    answer = own["answer"]
    if is_missing(answer["result_position"]):
        return ""
    sentences = [_cost_sentence(answer, words)]
    swings = own["swings"]
    if swings:
        sentences.append(words("answer_swings", swings="; ".join(_swing(each, words) for each in swings)))
    return " ".join(sentences)


def _cost_sentence(answer, words):
    if is_missing(answer["difference_dkk"]):
        return words("answer_cost_not_modelled")
    said = {
        "expected": words.number(answer["expected_dkk"]),
        "difference": words.number(abs(answer["difference_dkk"])),
    }
    low, high = answer["difference_dkk_low"], answer["difference_dkk_high"]
    if is_missing(low):
        side = "more" if answer["difference_dkk"] > 0 else "less"
        reason = words.missing(answer["uncertainty_reason"])
        return words(f"answer_cost_unsure_{side}", reason=reason, **said)
    position = answer["cost_position"]
    if position == "around":
        return words("answer_cost_around", less=words.number(abs(low)), more=words.number(abs(high)), **said)
    return words(f"answer_cost_{position}", interval=difference(low, high, 0, words), **said)


def _swing(swing, words):
    before, after = swing
    return words(
        "answer_swing",
        before=words.number(before["actual_dkk"]),
        year_before=int(before["year"]),
        after=words.number(after["actual_dkk"]),
        year=int(after["year"]),
    )


def _both(own, words):
    answer = own["answer"]
    corner, name = answer["corner"], answer["municipality_name"]
    if is_missing(answer["result_position"]):
        return ""
    if is_missing(corner):
        return words("answer_both_not_modelled")
    if corner != "uncertain":
        return words(f"answer_both_{corner}", name=name)
    around = [answer[f"{side}_position"] == "around" for side in ("result", "cost")]
    key = {(True, True): "neither", (True, False): "cost_alone", (False, True): "result_alone"}[tuple(around)]
    return words(f"answer_both_{key}", name=name)


def _unknown(own, words):
    answer, indicator = own["answer"], own["indicator"]
    if indicator is None:
        return ""
    if is_missing(answer["rank"]):
        sentences = [words("answer_no_rank")]
    else:
        ranks = {end: words.number(answer[f"rank_{end}"]) for end in ("low", "high")}
        sentences = [words("answer_rank", **ranks)]
        if indicator["position_fdr"] == "around":
            sentences.append(words("answer_perhaps_chance"))
    return " ".join([*sentences, words("answer_no_cause")])
