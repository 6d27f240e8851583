"""What the page's texts say in numbers: report.key_numbers, and the choices of the method in meta.method."""

from vfm.pages.report.figures.chapter_2 import SHOWN_TERMS
from vfm.pages.report.tables import Results, is_missing
from vfm.pages.report.words import Words

SHARES = {
    "men_in_work": 0,
    "women_in_work": 0,
    "cost_r_squared": 0,
    "report_slope_r_squared": 1,
    "sure_probability": 0,
}
P_VALUES = (
    *("slope_p", "slope_without_p", "report_slope_p"),
    *("production_p", "cost_p", "report_production_p", "report_cost_p"),
)
YEARS = ("first_year", "last_year")
DECIMALS = {
    "mean_duration": 1,
    "deviation_before": 1,
    "deviation_after": 1,
    "first_fifth": 2,
    "last_fifth": 2,
    "slope": 3,
    "slope_without": 3,
    "report_slope": 3,
    "report_slope_without": 3,
}
# the choices that the texts name
METHOD = (
    "window_weeks",
    "minimum_spells",
    "minimum_persons",
    "disclosure_limit",
    "first_permit_year",
    "last_permit_year",
    "price_year",
)


def text_facts(results: Results, words: Words) -> dict[str, str]:
    """Write what fills the blanks of the texts.

    Parameters
    ----------
    results : Results
    words : Words

    Returns
    -------
    dict
        {blank in a text: what is written there}.

    Raises
    ------
    ReportError
        If the outlier is no municipality.
    """
    found = {name: results.method(name) for name in METHOD} | {"shown_terms": str(SHOWN_TERMS)}
    words = Words(words.language, found)
    found |= {row["name"]: _written(row, words) for row in results["report.key_numbers"].to_dict("records")}
    outlier = results.method("outlier_municipality")
    is_compared = results.is_compared_with_print
    found["study_title"] = results.study[f"title_{words.language}"]
    found["lead_of_study"] = Words(words.language, found)(
        "lead_of_print" if is_compared else "lead_of_other_study"
    )
    found["certainty_of_print"] = Words(words.language, found)("certainty_of_print") if is_compared else ""
    found["outlier"] = municipality_name(results, outlier) if outlier else ""
    for sentence in ("without_outlier", "slope_beside_outlier"):
        found[sentence] = Words(words.language, found)(sentence) if outlier else ""
    return found


def municipality_name(results: Results, code: str) -> str:
    """Return the name of a municipality.

    Raises
    ------
    ReportError
        If no municipality has this code.
    """
    return results.row("report.figure_3_1", municipality_code=code)["municipality_name"]


def _written(row, words):
    name, value, reason = row["name"], row["value"], row["withheld_reason"]
    if name in YEARS and not is_missing(value):
        return str(int(value))
    if name in P_VALUES:
        return words.p_value(value, reason=reason)
    if name in SHARES:
        return words.percent(value, SHARES[name], reason=reason)
    return words.number(value, DECIMALS.get(name, 0), reason=reason)
