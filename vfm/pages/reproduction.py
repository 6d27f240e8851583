"""docs/reproduction.md: how near the rebuilt report comes to the printed one, from the published tables.

python -m vfm.pages.reproduction      writes the page anew from the published file, as make build does

The page in docs/ is about the synthetic data that the project comes with. Of other data the page goes into
the build folder, so that nobody takes one for the other. Its words are in reproduction.md.j2.
"""

import csv
import os
import re
from contextlib import closing
from pathlib import Path

import duckdb

from vfm.pages.writing import filled_template, markdown_table, put_page
from vfm.warehouse.paths import PROJECT

PAGE = "reproduction.md"
SHOWN_MISSES = 3  # of each item

# Why cells of an item may lie outside whatever the seed. A cell's own reason is its note in the errata.
REASONS = {
    "table_4_3": "The lowest and the highest of 92 municipalities are one municipality each.",
    "table_5_2_members": "Next to the limit of two fifths a small difference moves a municipality.",
    "figure_5_1_regression": "The slope's own sampling error is as large as its tolerance.",
    "table_5_3": "The inner cells are printed of 2 to 32 municipalities: a change of cells moves means.",
    "appendix_table_5_1": "A share of successes has an error of its own: 4.7 points at one third of 100.",
}
ABOUT = {
    True: "They are **synthetic**, simulated from the report's own printed results: this page tests the "
    "machine. It is no finding\nabout any municipality, and no evidence that the report was right.",
    False: "These are not the synthetic registers that the project comes with.",
}


def item_name(item: str) -> str:
    """Put a report item into words: 'Table 2.1, durations'."""
    found = re.fullmatch(r"(appendix_)?(table|figure)_(\d)_(\d)(?:_(.+))?", item)
    if not found:
        return item.replace("_", " ").capitalize()
    appendix, kind, chapter, number, rest = found.groups()
    words = f"{appendix or ''}{kind} {chapter}.{number}".replace("_", " ").capitalize()
    return f"{words}, {rest.replace('_', ' ')}" if rest else words


def number_text(value: float | None) -> str:
    """Write a number for a person, the same on every machine; '' for none."""
    if value is None:
        return ""
    digits = next((d for least, d in ((1000, 0), (100, 1), (1, 2)) if abs(value) >= least), 4)
    text = f"{value:,.{digits}f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def limits_text(low: float | None, high: float | None) -> str:
    """Put the limits of a criterion into words."""
    if low is None:
        return f"at most {number_text(high)}"
    if high is None:
        return f"at least {number_text(low)}"
    return number_text(low) if low == high else f"{number_text(low)} to {number_text(high)}"


def summary_table(con: duckdb.DuckDBPyConnection) -> str:
    """Count the cells by item, in the report's order, with a last row for all."""
    rows = con.sql(
        "select report_item, cells, within_tolerance, set_aside, not_compared from report.comparison_summary"
    ).fetchall()
    counts = [sum(column) for column in list(zip(*rows, strict=True))[1:]]
    lines = [
        [label, *(f"{n:,}" for n in line), f"{100 * line[1] / line[0]:.1f}"]
        for label, *line in [*((item_name(item), *rest) for item, *rest in rows), ("All", *counts)]
    ]
    heads = ["", "Numbers", "Within tolerance", "Outside, set aside", "Not compared", "Percent within"]
    return markdown_table(heads, lines, heads[1:])


def criteria_table(con: duckdb.DuckDBPyConnection) -> tuple[int, int, str]:
    """List the criteria; how many are met, of how many, and the table."""
    rows = con.sql(
        "select report_item, criterion, statement, measured, lower_limit, upper_limit, is_met, note "
        "from report.published_criteria"
    ).fetchall()
    met = sum(row[6] for row in rows)
    lines = [
        [
            item_name(item),
            f"`{criterion}`",
            statement + (f" ({note.rstrip('.')})" if note else ""),
            number_text(measured) or "none",
            limits_text(low, high),
            "yes" if is_met else "**no**",
        ]
        for item, criterion, statement, measured, low, high, is_met, note in rows
    ]
    heads = ["", "Criterion", "What is measured", "Measured", "Asked", "Met"]
    return met, len(rows), markdown_table(heads, lines, ["Measured"])


def misses_table(con: duckdb.DuckDBPyConnection) -> str:
    """List the cells farthest outside their tolerance, some of each item."""
    rows = con.sql(
        f"""
        with outside as (
            select
                *,
                abs(difference) / nullif(tolerance, 0) as tolerances,
                count(*) over (partition by report_item) as of_item,
                row_number() over (
                    partition by report_item
                    order by
                        abs(difference) / nullif(tolerance, 0) desc nulls last,
                        abs(difference) desc,
                        cell
                ) as place
            from report.published_comparison
            where not within_tolerance and not is_set_aside and rebuilt is not null
        )
        select
            report_item,
            case report_item
                when 'appendix_table_6_1' then split_part(row_label, ',', 1) || ', ' || label_en
                else label_en
            end as label,
            measure, published, rebuilt, tolerance, tolerances, note, of_item, place
        from outside
        where place <= {SHOWN_MISSES}
        order by place
        """
    ).fetchall()
    if not rows:
        return "None: every cell that is compared and not set aside lies within its tolerance."
    lines = []
    for item, label, measure, published, rebuilt, tolerance, tolerances, note, of_item, place in in_order(
        con, rows
    ):
        why = note or (REASONS.get(item, "") if place == 1 else "")
        lines.append(
            [
                f"{item_name(item)} ({of_item} outside)" if place == 1 else "",
                f"{label}: {measure.replace('_', ' ')}",
                number_text(published),
                number_text(rebuilt),
                number_text(tolerance),
                f"{tolerances:.1f}" if tolerances is not None else "exact",
                why,
            ]
        )
    heads = ["", "Cell", "Printed", "Rebuilt", "Tolerance", "Tolerances off", "Why"]
    return markdown_table(heads, lines, heads[2:6])


def in_order(con: duckdb.DuckDBPyConnection, rows: list[tuple]) -> list[tuple]:
    """Sort rows that begin with a report item in the report's order; within an item they stay as they are."""
    items = [item for (item,) in con.sql("select report_item from report.comparison_summary").fetchall()]
    return sorted(rows, key=lambda row: items.index(row[0]))


def cells_table(con: duckdb.DuckDBPyConnection, condition: str) -> str:
    """List the cells of a condition, one line for those of a table that share a column and a note."""
    rows = con.sql(
        f"""
        select report_item, measure, note, count(*), min(label_en), count(*) filter (where within_tolerance)
        from report.published_comparison
        where {condition}
        group by report_item, measure, note
        order by measure, note
        """
    ).fetchall()
    lines = [
        [
            item_name(item),
            (label if count == 1 else f"{count} rows") + f": {measure.replace('_', ' ')}",
            f"{within} of {count}",
            note or "",
        ]
        for item, measure, note, count, label, within in in_order(con, rows)
    ]
    return markdown_table(["", "Cells", "Within tolerance", "Why"], lines) if lines else "None."


def errata_table(project: Path) -> str:
    """List the errata of cells, one line for those of a table that share a column and a note."""
    with (Path(project) / "seeds/published/published_errata.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    kinds = {}
    for row in rows:
        kinds.setdefault((row["report_item"], row["measure"], row["note"]), []).append(row)
    lines = [
        [
            item_name(item),
            "; ".join(row["row_label"] or "all rows" for row in cells) + f": {measure.replace('_', ' ')}",
            "; ".join(number_text(float(row["corrected"])) for row in cells if row["corrected"]),
            "yes" if cells[0]["is_set_aside"] == "true" else "",
            note,
        ]
        for (item, measure, note), cells in kinds.items()
    ]
    return markdown_table(
        ["", "Cells", "Compared with", "Set aside", "What is printed, and why it is not meant"], lines
    )


def reproduction_page(con: duckdb.DuckDBPyConnection, project: Path = PROJECT) -> str:
    """Write the page as a text.

    Parameters
    ----------
    con : duckdb connection
        To the published file, or to a warehouse.
    project : path
        The project's root, for the errata.

    Returns
    -------
    str
        Markdown. It holds no date, time or commit: from equal tables it is equal to the last byte.
    """
    (origin,) = con.execute("select data_origin from meta.build_info").fetchone()
    met, count, conditions = criteria_table(con)
    return filled_template(
        "reproduction.md.j2",
        origin=origin,
        about=ABOUT[origin.startswith("synthetic")],
        summary=summary_table(con),
        met=met,
        criteria=count,
        conditions=conditions,
        shown=SHOWN_MISSES,
        misses=misses_table(con),
        set_aside=cells_table(con, "is_set_aside"),
        not_compared=cells_table(con, "rebuilt is null and not is_set_aside"),
        errata=errata_table(project),
    )


def write_reproduction(results: Path, project: Path, build: Path) -> Path | None:
    """Write the page of a published file.

    Parameters
    ----------
    results : path
        The published file.
    project, build : path
        The project's root and the build folder.

    Returns
    -------
    Path or None
        The page, left alone where it says the same already; None where the file holds no comparison.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    with closing(duckdb.connect(str(results), read_only=True)) as con:
        found = con.execute(
            "select count(*) from duckdb_tables() where schema_name = 'report' "
            "and table_name in ('published_comparison', 'comparison_summary', 'published_criteria')"
        ).fetchone()
        if found != (3,):
            return None
        return put_page(con, reproduction_page(con, project), project, build, PAGE)


if __name__ == "__main__":
    results = PROJECT / (os.environ.get("VFM_RESULTS") or "vfm.duckdb")
    build = PROJECT / (os.environ.get("VFM_BUILD") or "build")
    print(write_reproduction(results, PROJECT, build) or "no comparison found")
