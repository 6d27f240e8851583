"""Play every attack on a published file: python -m vfm.privacy.attack.playing FILE [PAGE ...]."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from vfm.privacy.attack import compositions, curves, durations, embedded, margins, quotients
from vfm.privacy.attack.reading import ContradictionError, Finding, HalfStep, Refined, Release

ATTACKS: dict[str, Callable[[Release], list[Finding]]] = {
    "national curves": curves.national_findings,
    "municipal curves": curves.municipal_findings,
    "means and variances": durations.duration_findings,
    "compositions": compositions.composition_findings,
    "tables with margins": margins.table_findings,
    "municipalities less the country": margins.municipality_findings,
    "years and municipalities": margins.programme_findings,
}

#: What a file that is not as the project publishes it makes of an attack.
_ODD = (ArithmeticError, LookupError, MemoryError, TypeError, ValueError)


@dataclass
class Played:
    """What the attacks found.

    Attributes
    ----------
    findings : list of Finding
        Bounds of numbers of persons or spells, several of one cell where several attacks reach it.
    refined : list of Refined
        Columns of which others give more digits.
    unpublished : dict
        {page: numbers in its data that the file does not hold}.
    seconds : dict
        {attack: CPU seconds}.
    contradictions : dict
        {attack: what it ran into}; its assumptions do not hold of this file, or it is of another layout.
    """

    findings: list[Finding] = field(default_factory=list)
    refined: list[Refined] = field(default_factory=list)
    unpublished: dict[str, list[str]] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)
    contradictions: dict[str, str] = field(default_factory=dict)

    def bounds(self) -> dict[tuple[str, tuple], tuple[int, int]]:
        """Bounds of each (table, cell), those of all attacks together."""
        found = {}
        for each in self.findings:
            low, high = found.get((each.table, each.cell), (each.low, each.high))
            found[each.table, each.cell] = max(low, each.low), min(high, each.high)
        return found


def play(
    con: duckdb.DuckDBPyConnection,
    precisions: Mapping[tuple[str, str], HalfStep] | None = None,
    *,
    pages: Iterable[Path] = (),
    attacks: Iterable[str] = tuple(ATTACKS),
    say: Callable[[str], None] = lambda line: None,
) -> Played:
    """Play the attacks on a published file and the pages made from it.

    Parameters
    ----------
    con : DuckDBPyConnection
        Open on the published file.
    precisions : mapping, optional
        {(schema.table, column): half of the step that its values are rounded to, or None for all digits},
        where the reader knows it; else it is read off the values.
    pages : iterable of Path
        Pages whose data is compared with the file.
    attacks : iterable of str
        Names of `ATTACKS`.
    say : callable
        Is told each step.
    """
    release, played = Release(con, precisions or {}), Played()

    def timed(name, attack):
        say(f"{name} ...")
        began = time.process_time()
        try:
            return attack()
        except ContradictionError as problem:
            played.contradictions[name] = str(problem)
            return []
        except _ODD as problem:
            played.contradictions[name] = _odd(problem)
            return []
        finally:
            played.seconds[name] = time.process_time() - began

    for name in attacks:
        played.findings += timed(name, lambda name=name: ATTACKS[name](release))
    played.refined = timed("quotients and copies", lambda: quotients.refined_columns(release))
    pages = list(pages)
    published = timed("pages", lambda: embedded.published_numbers(release)) if pages else []
    for page in pages if len(published) else []:
        found = timed(page.name, lambda page=page: _of_page(page, published))
        if found:
            played.unpublished[page.name] = found
    return played


def _of_page(page, published):
    """What a page holds that is not published."""
    try:
        text = page.read_text(encoding="utf-8")
        return embedded.unpublished_numbers(text, published) + embedded.counted_tables(text)
    except ValueError as problem:
        raise ContradictionError(f"it is no page whose data can be read ({problem})") from None


def _odd(problem):
    """What an attack stumbled on in a file that is not as the project publishes it, in words."""
    if isinstance(problem, KeyError):
        return f"a table has no {problem.args[0]} where one is expected"
    return f"a value is missing, or no number, where one is expected ({problem})"


def said(played: Played) -> list[str]:
    """What was found, as lines: cells by table and how closely they are bounded, without their values."""
    tables = {}
    for (table, _), (low, high) in played.bounds().items():
        tables.setdefault(table, []).append(high - low)
    lines = [f"{'table':24} {'cells':>7} {'exactly':>8} {'within one':>11}"]
    for table, widths in sorted(tables.items()):
        exactly, near = sum(width <= 0 for width in widths), sum(width <= 2 for width in widths)
        lines.append(f"{table:24} {len(widths):7} {exactly:8} {near:11}")
    lines += [
        f"{each.column}: {each.formula} gives {each.times:.1f} times as much in {each.rows} rows"
        for each in played.refined
    ]
    lines += [
        f"{page} holds {len(found)} unpublished numbers: {', '.join(found[:5])}"
        for page, found in played.unpublished.items()
    ]
    lines += [f"{name}: {problem}" for name, problem in played.contradictions.items()]
    return [*lines, f"{sum(played.seconds.values()):.1f} CPU seconds"]


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line; returns the exit status.

    A reader does not know which cells are few, so published counts are among those that are found exactly.
    """
    parser = argparse.ArgumentParser(prog="python -m vfm.privacy.attack.playing", description=__doc__)
    parser.add_argument("file", type=Path, help="the published file")
    parser.add_argument("pages", type=Path, nargs="*", help="pages made from it")
    options = parser.parse_args(arguments)
    try:
        with duckdb.connect(str(options.file), read_only=True) as con:
            played = play(con, pages=options.pages)
    except (OSError, UnicodeError, duckdb.Error) as problem:
        print(f"{options.file} cannot be attacked: {str(problem).splitlines()[0]}", file=sys.stderr)
        return 1
    print(*said(played), sep="\n")
    for name, problem in played.contradictions.items():
        print(f"{options.file} is not as the project publishes it: {name}, {problem}.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
