"""docs/cookbook.md: the questions of analyses/ with their SQL and its answers from the published file.

python -m vfm.pages.cookbook      writes the page anew, as make cookbook does

The page in docs/ is about the synthetic data that the project comes with; of other data it goes into the
build folder (`vfm.pages.writing.page_path`). Its words are in cookbook.md.j2 beside this file.
"""

import re
import sys
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import duckdb

from vfm.pages.writing import filled_template, markdown_table, put_page
from vfm.warehouse import published
from vfm.warehouse.paths import DEFAULT_STUDY, PROJECT, Paths
from vfm.warehouse.publish import SCHEMAS

PAGE = "cookbook.md"
ABOUT_THE_PRINT = re.compile(r"\breport\.(published_comparison|published_criteria|comparison_summary)\b")
WITHHELD = "withheld"
NUMBERS = {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE"}
ABOUT = {
    True: "It is simulated from the report's own printed results: no answer is a finding about a place.",
    False: "This is not the synthetic data that the project comes with.",
}


@dataclass(frozen=True)
class Question:
    """A query of analyses/: its path, its schema, its question, a note for the reader, and its SQL."""

    path: str
    schema: str
    question: str
    note: str
    sql: str


def read_questions(project: Path) -> list[Question]:
    """Read the questions, in the order of the published schemas.

    Parameters
    ----------
    project : path
        The project's root. analyses/<schema>/*.sql each begin with comment lines: the question, then notes.

    Returns
    -------
    list of Question

    Raises
    ------
    ValueError
        If a file does not begin with its question.
    """
    files = sorted(
        Path(project).glob("analyses/*/*.sql"), key=lambda file: (SCHEMAS.index(file.parent.name), file.name)
    )
    return [parsed_question(file, file.relative_to(project).as_posix()) for file in files]


def parsed_question(file: Path, path: str) -> Question:
    """Take a query apart; `path` is its name from the project's root."""
    text = file.read_text(encoding="utf-8")
    found = re.match(r"-- (?P<question>[^\n]+\?)\n(?P<note>(?:--[^\n]*\n)*)(?P<sql>.+)", text, re.DOTALL)
    if not found:
        raise ValueError(f"{path} must begin with its question, a comment that ends in a question mark.")
    note = re.sub(r"^-- ?", "", found["note"], flags=re.MULTILINE).strip()
    return Question(path, file.parent.name, found["question"], note, found["sql"].strip())


def value_text(value: object, column: str, decimals: int = 0) -> str:
    """Write a value of a column for a person, with at least so many decimals if it is a float."""
    if value is None:
        return WITHHELD
    if isinstance(value, bool):
        return "yes" if value else "no"
    if column == "year" or not isinstance(value, int | float):
        return str(value)
    if isinstance(value, float) and decimals:
        return f"{value + 0:,.{decimals}f}"
    return f"{value + 0:,.12g}"  # as the query rounds it; no minus before a zero


def decimals_needed(values: tuple) -> int:
    """Count the decimals that the values of a column need, so that all of them get as many."""
    shown = (f"{value:.12g}" for value in values if isinstance(value, float))
    return max((len(text.partition(".")[2]) for text in shown if "e" not in text), default=0)


def answer_table(con: duckdb.DuckDBPyConnection, query: str) -> str:
    """Run a query and lay out its rows as a Markdown table; a null is a withheld value."""
    relation = con.sql(query)
    found = relation.fetchall()
    if not found:
        return "No rows."
    needed = [decimals_needed(column) for column in zip(*found, strict=True)]
    rows = [[value_text(*cell) for cell in zip(row, relation.columns, needed, strict=True)] for row in found]
    right = [
        name for name, kind in zip(relation.columns, relation.types, strict=True) if str(kind) in NUMBERS
    ]
    return markdown_table(relation.columns, rows, right)


def anchor(heading: str) -> str:
    """Return the name that a Markdown page gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def cookbook_page(con: duckdb.DuckDBPyConnection, questions: list[Question]) -> str:
    """Write the page as a text.

    Parameters
    ----------
    con : duckdb connection
        To the published file.
    questions : list of Question

    Returns
    -------
    str
        Markdown. It holds no date, time or commit: from equal tables it is equal to the last byte.

    Raises
    ------
    duckdb.Error
        If a query fails; the path of its file is a note of the error.
    """
    origin = published.origin(con)
    return filled_template(
        "cookbook.md.j2",
        origin=origin,
        about=ABOUT[origin.startswith("synthetic")],
        withheld=WITHHELD,
        anchor=anchor,
        answered=[(each, _answer_of(con, each)) for each in questions],
    )


def _answer_of(con, question):
    """Answer a question; the path of its file is a note of the error that its query raises."""
    try:
        return answer_table(con, question.sql)
    except duckdb.Error as problem:
        problem.add_note(question.path)
        raise


def write_cookbook(results: Path, project: Path, build: Path) -> Path:
    """Write the page of a published file.

    Parameters
    ----------
    results : path
        The published file.
    project, build : path
        The project's root and the build folder.

    Returns
    -------
    Path
        The page.

    Raises
    ------
    UnreadableError
        If the file is missing or of another version: one sentence.
    ValueError
        If a query does not begin with its question.
    OSError
        If the page cannot be written.
    """
    with closing(published.connect(results)) as con:
        try:
            questions = read_questions(project)
            if published.study(con) != DEFAULT_STUDY:  # which alone is compared with the print
                questions = [each for each in questions if not ABOUT_THE_PRINT.search(each.sql)]
            text = cookbook_page(con, questions)
        except (duckdb.CatalogException, duckdb.BinderException) as problem:
            first = str(problem).strip().splitlines()[0]
            raise published.another_version(
                results, f"table or column that {problem.__notes__[0]} reads ({first})"
            ) from problem
        return put_page(con, text, project, build, PAGE)


def main() -> int:
    """Write the page and say where; return 1 with one sentence where it cannot be written."""
    try:
        path = write_cookbook(published.results(), PROJECT, Paths.from_environment(PROJECT).build)
    except (published.UnreadableError, ValueError, OSError) as problem:
        print(problem, file=sys.stderr)
        return 1
    print(path.relative_to(PROJECT) if path.is_relative_to(PROJECT) else path)
    return 0


if __name__ == "__main__":
    sys.exit(main())
