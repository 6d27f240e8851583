"""docs/sensitivity.md: what other assumptions than the method's would change, from the published file.

`make sensitivity` writes it (vfm/sensitivity.py) once the alternatives are built. Its words are in
sensitivity.md.j2 beside this file.
"""

import textwrap
from contextlib import closing
from pathlib import Path

import duckdb

from vfm.pages.writing import filled_template, markdown_table, put_page
from vfm.warehouse import published
from vfm.warehouse.alternatives import INDICATORS, listed

PAGE = "sensitivity.md"
ABOUT = {
    True: "It is simulated from the report's own printed results: the page shows how the machine reacts to\n"
    "its assumptions and says nothing about a place.",
    False: "This is not the synthetic data that the project comes with.",
}
HEADS = ["Alternative", "What it asks", "Indicator", "Municipalities", "In both", "Rank correlation",
         "Position", "Fifth", "Mean change"]  # fmt: skip


def plain_number(value: float | None, digits: int = 0) -> str:
    """Write a number for a person; 'none' for a missing one."""
    return "none" if value is None else f"{value:.{digits}f}"


def verdict(rows: list[dict]) -> str:
    """Say in two sentences where the benchmark's order and positions change most."""
    benchmark = [row for row in rows if row["indicator"] == "benchmark"]
    order = [row for row in benchmark if row["rank_correlation"] is not None]
    positions = [row for row in benchmark if row["position_changes"] is not None]
    said = []
    if order:
        row = min(order, key=lambda row: row["rank_correlation"])
        said.append(
            f"The order of the benchmark changes most under *{row['label_en']}*: "
            f"the rank correlation is {row['rank_correlation']:.3f}."
        )
    if positions:
        row = max(positions, key=lambda row: row["position_changes"])
        said.append(
            f"Its positions change most under *{row['label_en']}*: those of {row['position_changes']} of "
            f"{row['municipalities_in_both']} municipalities."
        )
    return textwrap.fill(" ".join(said), 120)


def sensitivity_page(con: duckdb.DuckDBPyConnection) -> str:
    """Write the page as a text, from the published file; equal tables give equal texts."""
    origin = published.origin(con)
    order = f"alternative_number, list_position({list(INDICATORS)}, indicator)"
    frame = con.sql(f"select * from report.sensitivity order by {order}").df()
    rows = frame.astype(object).where(frame.notna(), None).to_dict("records")
    asks = {each.name: each.asks for each in listed()}
    lines, last = [], None
    for row in rows:
        new = row["alternative"] != last
        last = row["alternative"]
        lines.append(
            [
                row["label_en"] if new else "",
                asks.get(last, "") if new else "",
                row["indicator"],
                plain_number(row["municipalities"]),
                plain_number(row["municipalities_in_both"]),
                plain_number(row["rank_correlation"], 3),
                plain_number(row["position_changes"]),
                plain_number(row["quintile_changes"]),
                plain_number(row["mean_absolute_change"], 4),
            ]
        )
    return filled_template(
        "sensitivity.md.j2",
        origin=origin,
        about=ABOUT[origin.startswith("synthetic")],
        verdict=verdict(rows),
        table=markdown_table(HEADS, lines, HEADS[3:]),
    )


def write_sensitivity(results: Path, project: Path, build: Path) -> Path:
    """Write the page of a published file, into docs/ or of other data into the build; return its path."""
    with closing(published.connect(results)) as con:
        return put_page(con, sensitivity_page(con), project, build, PAGE)
