"""How many cells of few persons an attack recovers, counted against the exact tables of the warehouse."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import duckdb

from vfm.privacy.attack import compositions
from vfm.privacy.attack.playing import Played

_PERSONS = "count(distinct person_id)"
#: {table: query of a cell's columns, its count, the least it may be called, and its persons}; a cell without
#: a row is of nobody.
_SPELLS = "intermediate.int_spells"
_QUERIES = {
    "survival_bands": f"""
        select sex, 'employment', duration_weeks, count(*), {_PERSONS}, {_PERSONS}
        from {_SPELLS} where outcome = 'success' group by all
    """,
    "cumulative_incidence": f"""
        select sex, 'leaving', duration_weeks, count(*), {_PERSONS}, {_PERSONS}
        from {_SPELLS} where outcome = 'left' group by all
    """,
    "municipal_curves": f"""
        select municipality_code, duration_weeks, count(*), {_PERSONS}, {_PERSONS}
        from {_SPELLS} where is_success group by all
    """,
    "observed_durations": f"""
        select municipality_code, duration_weeks, count(*), {_PERSONS}, {_PERSONS}
        from {_SPELLS} where is_success group by all
        union all
        select municipality_code, 'spells', spells, spells, persons from intermediate.int_observed_durations
        union all
        select
            municipality_code, 'successes', successes, successes, least(persons_with_success,
            persons_without_success)
        from intermediate.int_observed_durations
    """,
    "table_2_1": f"""
        select coalesce(sex, 'all'), coalesce(outcome, 'total'), count(*), count(*), {_PERSONS}
        from {_SPELLS} group by cube (sex, outcome)
    """,
    "table_2_2": f"""
        select coalesce(ground, 'all'), coalesce(outcome, 'total'), count(*), count(*), {_PERSONS}
        from (
            select
                outcome,
                person_id,
                case when residence_group in ('refugee', 'family_reunified') then residence_group else
                'neither' end
                    as ground
            from {_SPELLS} inner join (select person_id from intermediate.int_population) using (person_id)
        ) as grounds
        group by cube (ground, outcome)
    """,
    "programme_persons": """
        select municipality_code, year, count(distinct person_id), count(distinct person_id), count(distinct
        person_id)
        from intermediate.int_programme_days group by all
    """,
    "programme_full_years": """
        select municipality_code, year, full_year_persons, full_year_persons, persons
        from intermediate.int_programme_composition
    """,
}


@dataclass(frozen=True)
class Cell:
    """The truth of a cell: its count (that of spells), the least that it may be called, and its persons.

    A share times persons, and full-year persons, need not be whole.
    """

    count: float
    least: float
    persons: int


@dataclass(frozen=True)
class Score:
    """Of a table: cells of few persons, those recovered exactly or within one, bounds that miss the truth."""

    table: str
    few: int
    exactly: int
    within_one: int
    missed: int


_NOBODY = Cell(0, 0, 0)


def true_cells(warehouse: duckdb.DuckDBPyConnection) -> dict[tuple[str, tuple], Cell]:
    """The cells that attacks are about, from person-level tables: {(table, cell): truth}."""
    found = {}
    for table, query in _QUERIES.items():
        for *cell, count, least, persons in warehouse.execute(query).fetchall():
            # of a union the weeks come back as text
            cell = tuple(int(part) if str(part).isdigit() and k else part for k, part in enumerate(cell))
            found[table, cell] = Cell(count, least, persons)
    return found | _true_groups(warehouse)


def _true_groups(warehouse):
    """Groups of the compositions: their share times all persons, and their persons."""
    shares = compositions.SHARES
    columns = ", ".join(f"{share}, {share}_persons" for share in shares)
    found = {}
    for code, year, persons, *values in warehouse.execute(
        f"select municipality_code, year, persons, {columns} from intermediate.int_programme_composition"
    ).fetchall():
        groups = dict(zip(shares, zip(values[::2], values[1::2], strict=True), strict=True))
        for family, (whole, *parts) in compositions.FAMILIES.items():
            all_of_it = (1.0, persons) if whole is None else groups[whole]
            groups[f"rest_of_{family}"] = tuple(
                of_all - sum(groups[part][k] for part in parts) for k, of_all in enumerate(all_of_it)
            )
        for name, (share, members) in groups.items():
            few = min(members, persons - members)
            found["municipal_composition", (code, year, name)] = Cell(share * persons, share * persons, few)
            found["composition_persons", (code, year, name)] = Cell(members, members, few)
    return found


def score(played: Played, truth: dict[tuple[str, tuple], Cell], limit: int) -> list[Score]:
    """Count, by table, what an attack recovered.

    Parameters
    ----------
    played : Played
    truth : dict
        As `true_cells`.
    limit : int
        Fewer persons are few.

    Returns
    -------
    list of Score
        By table.
    """
    counts = {}
    for (table, cell), (low, high) in played.bounds().items():
        true = truth.get((table, cell), _NOBODY)
        few, exactly, near, missed = counts.get(table, (0, 0, 0, 0))
        # a count is whole; what need not be is known to the nearest
        inside = low - 0.5 - 1e-5 <= true.count and true.least <= high + 0.5 + 1e-5
        if true.persons < limit:
            few, exactly, near = few + 1, exactly + (high - low <= 0), near + (high - low <= 2)
        counts[table] = few, exactly, near, missed + (not inside)
    return [Score(table, *counts[table]) for table in sorted(counts)]


def recovered_cells(
    played: Played, truth: dict[tuple[str, tuple], Cell], limit: int
) -> list[tuple[str, tuple, int, int]]:
    """Cells of few persons that are known within one: (table, cell, low, high)."""
    return [
        (table, cell, low, high)
        for (table, cell), (low, high) in sorted(played.bounds().items(), key=str)
        if truth.get((table, cell), _NOBODY).persons < limit and high - low <= 2
    ]


def score_lines(scores: Iterable[Score]) -> list[str]:
    """The scores as lines of a table."""
    lines = [f"{'table':24} {'few':>7} {'exactly':>8} {'within one':>11} {'missed':>7}"]
    for each in scores:
        lines.append(f"{each.table:24} {each.few:7} {each.exactly:8} {each.within_one:11} {each.missed:7}")
    return lines
