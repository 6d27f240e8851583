"""Read what the page shows from the published file."""

from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd

INDICATOR = ("municipality_code", "municipality_name", "benchmark_indicator", "expenditure_indicator")
# the columns the page reads; a file without one of them is from another version
NEEDED = {
    "meta.build_info": ("built_at", "git_commit", "data_origin", "accounts_origin"),
    "meta.method": ("name", "value"),
    "meta.study": ("study", "title_da", "title_en"),
    "meta.delivery_acceptances": ("finding", "reason", "is_found"),
    "meta.municipalities": ("municipality_code", "province", "region"),
    "report.key_numbers": ("name", "value", "withheld_reason"),
    "report.outcome_shares": ("population_group", "outcome", "spells", "share", "withheld_reason"),
    "report.hazard_ratios": ("sex", "term", "hazard_ratio", "ci_low", "withheld_reason", "certainty_rank"),
    "report.municipal_survival": ("municipality_code", "week", "observed_low", "expected_survival"),
    "report.municipal_answers": ("municipality_code", "difference_weeks", "difference_dkk", "corner", "rank"),
    "report.municipal_expenditure": (
        "municipality_code",
        "year",
        "actual_dkk",
        "expected_withheld_reason",
        "is_swing",
    ),
    "report.municipal_groups": ("municipality_code", "term", "share", "national_share"),
    "report.table_4_3": ("year", "mean_dkk", "min_dkk", "max_dkk"),
    "report.figure_3_1": ("municipality_code", "municipality_name", "quintile", "tile_column", "tile_row"),
    "report.figure_4_1": ("year", "million_dkk", "full_year_persons", "expenditure_index"),
    "report.figure_4_2": ("year", "mean_dkk"),
    "report.figure_5_1": (*INDICATOR, "weight", "is_outlier", "fitted_with_all", "fitted_without_169"),
    "report.figure_5_2": (
        *INDICATOR,
        "benchmark_position",
        "expenditure_position",
        "total_expenditure_position",
        "total_quadrant_position",
    ),
    "report.figure_5_3": (
        *INDICATOR,
        "frontier",
        "regression",
        "is_among_ten_best",
        "rank_of_ten_best",
        "boundary",
    ),
    "report.figure_5_4": (
        *INDICATOR,
        "frontier",
        "regression",
        "is_among_ten_best",
        "rank_of_ten_best",
        "boundary",
    ),
    "benchmark.benchmark_indicators": (
        "municipality_code",
        "quintile",
        "ci_low",
        "ci_high",
        "position",
        "position_fdr",
        "rank",
    ),
    "benchmark.municipal_peers": ("municipality_code", "peer_municipality_code", "joint_peer_position"),
    "benchmark.municipal_pairs": ("municipality_code", "other_municipality_code", "joint_other_position"),
    "benchmark.group_indicators": ("kind", "group_name", "benchmark_indicator", "position"),
    "benchmark.cumulative_incidence": ("sex", "cause", "week", "incidence", "ci_low", "ci_high"),
    "benchmark.funnel_curves": ("precision", "limit_95_low", "limit_998_low", "adjusted_limit_95_low"),
    "benchmark.funnel_limits": ("municipality_code", "precision", "benchmark_indicator", "position"),
    "benchmark.municipal_curves": ("municipality_code", "week", "observed_survival", "expected_survival"),
    "benchmark.municipal_profiles": ("municipality_code", "shrunken_indicator", "simultaneous_rank_low"),
    "benchmark.quintile_probabilities": ("municipality_name", "quintile", "probability"),
    "benchmark.observed_durations": (
        "municipality_code",
        "municipality_name",
        "spells",
        "successes",
        "observed_mean_duration_weeks",
        "ci_low",
        "spells_withheld_reason",
    ),
    "expenditure.expenditure_indicators": (
        "municipality_code",
        "expenditure_indicator",
        "ci_low",
        "position",
        "report_ci_low",
        "report_position",
        "uncertainty_reason",
    ),
    "efficiency.frontier_intervals": (
        "side",
        "municipality_code",
        "boundary",
        "inefficiency",
        "joint_low",
        "rank_low",
    ),
    "efficiency.cost_distances": ("municipality_code", "distance_dkk", "distance_dkk_low", "expected_dkk"),
}
OPTIONAL = ("report.sensitivity",)
# of a study that is compared with the print
COMPARISON = {
    "report.comparison_summary": ("report_item", "cells", "within_tolerance", "set_aside", "share_within"),
}


class ReportError(Exception):
    """What keeps the page from being written, as one sentence for a person."""


@dataclass(frozen=True)
class Results:
    """The published tables, by schema.table, and where they came from."""

    tables: dict[str, pd.DataFrame]
    path: Path

    def __getitem__(self, name: str) -> pd.DataFrame:
        return self.tables[name]

    def get(self, name: str) -> pd.DataFrame | None:
        """Return an optional table, None where the file has none."""
        return self.tables.get(name)

    def row(self, table: str, **keys: object) -> dict:
        """Return the one row of a table that has these values, {column: value}.

        Raises
        ------
        ReportError
            If there is no such row, or more than one.
        """
        frame = self.tables[table]
        for column, value in keys.items():
            frame = frame[frame[column] == value]
        if len(frame) != 1:
            asked = ", ".join(f"{column} {value}" for column, value in keys.items())
            raise ReportError(f"{table} has {len(frame)} rows of {asked}, where the page needs one.")
        return frame.iloc[0].to_dict()

    def method(self, variable: str) -> str:
        """Return a choice of the method that is in force, as text; errors as `row`."""
        return self.row("meta.method", name=variable)["value"]

    @property
    def is_compared_with_print(self) -> bool:
        """Whether the rebuilt tables stand beside the printed ones: in the report's own study."""
        return self.method("compare_with_print") == "true"

    @property
    def weeks(self) -> int:
        """The weeks that a spell is followed."""
        return int(self.method("window_weeks"))

    @property
    def study(self) -> dict:
        """The one row of meta.study, a dict."""
        return self.tables["meta.study"].iloc[0].to_dict()

    @property
    def build(self) -> dict:
        """The one row of meta.build_info, a dict."""
        return self.tables["meta.build_info"].iloc[0].to_dict()


def read_results(path: Path | str, shown: str | None = None) -> Results:
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
            found = Results(_tables(con, NEEDED, shown) | _optional(con), path)
            compared = _tables(con, COMPARISON, shown) if found.is_compared_with_print else {}
            return Results(found.tables | compared, path)
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


def _tables(con, needed, shown):
    return {name: _table(con, name, columns, shown) for name, columns in needed.items()}


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


def is_missing(value: object) -> bool:
    """Whether a cell is suppressed or empty."""
    return value is None or bool(pd.isna(value))
