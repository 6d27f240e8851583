"""The page's figures, chapter by chapter: what each draws, and the table that stands behind it."""

from vfm.pages.report.figures import (
    chapter_1,
    chapter_2,
    chapter_3,
    chapter_4,
    chapter_5,
    chapter_6,
    chapter_7,
)
from vfm.pages.report.figures.figure import Figure
from vfm.pages.report.tables import Results
from vfm.pages.report.words import Words


def all_figures(results: Results, words: Words, geojson: list[dict] | None = None) -> dict[str, Figure]:
    """Draw every figure.

    Parameters
    ----------
    results : Results
    words : Words
    geojson : list of dict, optional
        Features as from outlines.read_outlines.

    Returns
    -------
    dict
        {name: Figure}, in the order of the page; without what is not part of the build.
    """
    figures = [
        chapter_1.outcomes_by_group(results, words),
        chapter_1.cumulative_incidence(results, words),
        chapter_2.expected_and_observed_durations(results, words),
        chapter_2.hazard_ratios(results, words),
        chapter_3.map_of_quintiles(results, words, geojson),
        chapter_3.indicator_intervals(results, words),
        chapter_4.expenditure_and_persons(results, words),
        chapter_4.mean_expenditure(results, words),
        chapter_5.result_against_expenditure(results, words),
        chapter_5.corners_of_the_map(results, words),
        chapter_6.production_frontier(results, words),
        chapter_6.cost_frontier(results, words),
        chapter_7.funnel(results, words),
        chapter_7.quintile_probabilities(results, words),
        chapter_7.rank_sets(results, words),
        chapter_7.printed_and_rebuilt(results, words),
        chapter_7.sensitivity(results, words),
    ]
    return {figure.name: figure for figure in figures if figure}
