"""Read what the page shows from the published file."""

from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd

INDICATOR = ("municipality_code", "municipality_name", "benchmark_indicator", "expenditure_indicator")
# the columns the page reads; a file without one of them is from another version
NEEDED = {
    "meta.build_info": ("built_at", "git_commit", "data_origin", "accounts_origin"),
    "report.table_2_1": ("sex", "outcome", "spells", "percent", "label_da", "label_en"),
    "report.table_2_2": ("residence_ground", "outcome", "spells", "percent", "label_da", "label_en"),
    "report.table_2_1_durations": ("mean_weeks_unfinished_counted", "mean_weeks_successes_only"),
    "report.table_2_2_durations": ("mean_weeks_unfinished_counted", "mean_weeks_successes_only"),
    "report.table_3_1": ("mean_weeks", "standard_deviation", "variance", "variance_reduction_percent"),
    "report.table_3_2": ("quintile", "benchmark_indicator", "observed_mean_duration_weeks"),
    "report.table_4_2": ("grouping", "year", "million_dkk_2015_prices"),
    "report.table_4_3": ("year", "mean_dkk", "min_dkk", "max_dkk"),
    "report.table_5_1_fit": ("model", "observations", "r_squared"),
    "report.appendix_table_5_1": ("municipality_code", "municipality_name", "spells", "successes"),
    "report.appendix_table_6_1": ("sex", "term", "coefficient", "standard_error", "reference"),
    "report.figure_3_1": ("municipality_code", "municipality_name", "quintile", "tile_column", "tile_row"),
    "report.figure_4_1": ("year", "million_dkk_2015_prices", "full_year_persons"),
    "report.figure_4_2": ("year", "mean_dkk"),
    "report.figure_5_1": (*INDICATOR, "weight", "fitted_with_all", "fitted_without_169"),
    "report.figure_5_1_regression": ("sample", "term", "coefficient", "p_value", "r_squared"),
    "report.figure_5_2": (*INDICATOR, "benchmark_position", "expenditure_position"),
    "report.figure_5_3": (*INDICATOR, "frontier", "regression", "is_among_ten_best", "rank_of_ten_best"),
    "report.figure_5_4": (*INDICATOR, "frontier", "regression", "is_among_ten_best", "rank_of_ten_best"),
    "report.comparison_summary": ("report_item", "cells", "within_tolerance", "set_aside"),
    "report.published_comparison": (
        "report_item",
        "published",
        "rebuilt",
        "within_tolerance",
        "is_set_aside",
    ),
    "benchmark.benchmark_indicators": (
        "municipality_code",
        "quintile",
        "ci_low",
        "ci_high",
        "position",
        "rank",
    ),
    "benchmark.cumulative_incidence": ("sex", "cause", "week", "incidence", "ci_low", "ci_high"),
    "benchmark.funnel_curves": ("precision", "limit_95_low", "limit_998_low", "adjusted_limit_95_low"),
    "benchmark.funnel_limits": ("municipality_code", "precision", "benchmark_indicator", "position"),
    "benchmark.municipal_curves": ("municipality_code", "week", "observed_survival", "expected_survival"),
    "benchmark.municipal_profiles": ("municipality_code", "shrunken_indicator", "simultaneous_rank_low"),
    "benchmark.quintile_probabilities": ("municipality_code", "quintile", "probability"),
    "benchmark.observed_durations": ("municipality_code", "observed_mean_duration_weeks", "standard_error"),
    "expenditure.expenditure_indicators": (
        "municipality_code",
        "expenditure_indicator",
        "ci_low",
        "position",
    ),
    "expenditure.expenditure_need": ("municipality_code", "year", "actual_dkk", "expected_dkk"),
    "expenditure.expenditure_per_person": ("municipality_code", "year", "full_year_persons"),
    "expenditure.municipal_composition": ("municipality_code", "year", "share_refugees", "share_under_25"),
    "efficiency.frontier_fit": ("side", "distribution", "lr_p_value", "mean_inefficiency", "wrong_skewness"),
    "efficiency.frontier_intervals": ("side", "municipality_code", "inefficiency", "joint_low", "rank_low"),
    "efficiency.cost_distances": ("municipality_code", "distance_dkk", "distance_dkk_low", "expected_dkk"),
}
OPTIONAL = ("report.sensitivity",)


class ReportError(Exception):
    """What keeps the page from being written, as one sentence for a person."""


@dataclass(frozen=True)
class Results:
    """The published tables, by schema.table, and where they came from."""

    tables: dict
    path: Path

    def __getitem__(self, name):
        return self.tables[name]

    def get(self, name):
        """Return an optional table, None where the file has none."""
        return self.tables.get(name)

    @property
    def build(self):
        """The one row of meta.build_info, a dict."""
        return self.tables["meta.build_info"].iloc[0].to_dict()


def read(path, shown=None):
    """Read the tables of the page.

    Parameters
    ----------
    path : path
        The published file.
    shown : str, optional
        The path as a person would name it.

    Returns
    -------
    Results
        Frames in the order of the tables' rows; a suppressed cell is missing.

    Raises
    ------
    ReportError
        If the file is not there, is no DuckDB file, or lacks a table or a column.
    """
    path, shown = Path(path), shown or str(path)
    if not path.is_file():
        raise ReportError(f"{shown} is not there. Make it with make build, then make report again.")
    try:
        with duckdb.connect(str(path), read_only=True) as con:
            return Results(
                {name: _table(con, name, needed, shown) for name, needed in NEEDED.items()} | _optional(con),
                path,
            )
    except duckdb.Error as problem:
        first = str(problem).strip().splitlines()[0]
        raise ReportError(
            f"{shown} cannot be read as results of this project ({first}). Make it anew with make build."
        ) from problem


def _columns(con, name):
    schema, table = name.split(".")
    found = con.execute(
        "select column_name from duckdb_columns() where schema_name = ? and table_name = ?", [schema, table]
    )
    return {column for (column,) in found.fetchall()}


def _table(con, name, needed, shown):
    columns = _columns(con, name)
    older = f"{shown} is from another version of this project: make it anew with make build."
    if not columns:
        raise ReportError(f"{shown} has no table {name}. {older}")
    missing = [column for column in needed if column not in columns]
    if missing:
        raise ReportError(f"{shown}: table {name} has no column {missing[0]}. {older}")
    frame = con.sql(f"select * from {name}").df()
    if name == "meta.build_info" and len(frame) != 1:
        raise ReportError(f"{shown}: meta.build_info has {len(frame)} rows where one is expected. {older}")
    return frame if "row_position" not in frame else frame.sort_values("row_position", ignore_index=True)


def _optional(con):
    return {name: con.sql(f"select * from {name}").df() for name in OPTIONAL if _columns(con, name)}


def is_missing(value):
    """Whether a cell is suppressed or empty."""
    return value is None or bool(pd.isna(value))
