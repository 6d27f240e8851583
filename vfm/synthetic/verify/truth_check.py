"""The warehouse against the truth of its registers: every person, spell and covariate, exactly.

The simulator knows what it meant before it writes registers; the warehouse only sees the registers. Nothing
is written: the world is simulated anew from the seed and scale that `meta.build_info` names.

python -m vfm.synthetic.verify.truth_check [--warehouse build/warehouse.duckdb]
"""

import argparse
import re
import sys
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd

from vfm.synthetic.world import creation, expenditure, keys, residence, spending, truth
from vfm.synthetic.world.world import World
from vfm.warehouse import published, settings
from vfm.warehouse.paths import DEFAULT_STUDY, PROJECT, Paths

ORIGIN = re.compile(r"synthetic, seed (?P<seed>\d+)(, scale (?P<scale>[\d.]+))?")
ROUNDING_DKK = 15_000  # a municipality's year has up to 28 lines, each in whole 1,000 kr.
QUERIES = {
    "persons": """
        select
            person_id, sex, residence_ground, permit_year, origin, world_region, country_group, country_code,
            danish_education, birth_date, permit_date, entry_date, programme_start_date as programme_date,
            start_week
        from intermediate.int_population
    """,
    "spells": """
        select
            person_id, spell_number, start_week, duration_weeks, outcome, exit_reason, municipality_code,
            is_success
        from persons.spells
    """,
    "case_mix": """
        select spells.person_id, spells.spell_number, case_mix.* exclude (spell_id)
        from persons.case_mix inner join persons.spells using (spell_id)
    """,
    "programme_days": """
        select person_id, municipality_code, year, person_days from intermediate.int_programme_days
    """,
    "composition": """
        -- without the reference levels and what is there for disclosure control alone
        select columns(
            name -> name not in ('share_africa', 'share_danish_education_3', 'is_withheld')
            and name not like 'share_%_persons' and name not like 'share_%_days'
        )
        from intermediate.int_programme_composition
    """,
    "expenditure": "select municipality_code, year, expenditure_dkk from expenditure.expenditure_per_person",
}
KEYS = {
    "persons": ["person_id"],
    "spells": ["person_id", "spell_number"],
    "case_mix": ["person_id", "spell_number"],
    "programme_days": ["person_id", "municipality_code", "year"],
    "composition": ["municipality_code", "year"],
    "expenditure": ["municipality_code", "year"],
}
TOLERANCES = {"expenditure": ROUNDING_DKK}


@dataclass(frozen=True)
class Comparison:
    """How a table agrees with the truth.

    Attributes
    ----------
    table : str
    rows, values : int
        Rows on either side; values that were compared, keys not counted.
    differences : tuple of str
        One sentence per way in which the two differ, without ids; empty where they agree.
    """

    table: str
    rows: int
    values: int
    differences: tuple[str, ...]


def compare_table(table: str, built: pd.DataFrame, true: pd.DataFrame) -> Comparison:
    """Compare a table with the truth, value by value.

    Parameters
    ----------
    table : str
        One of `QUERIES`.
    built, true : DataFrame
        Columns of `true` that `built` lacks are ignored, not the other way round.

    Returns
    -------
    Comparison
    """
    keys, tolerance = KEYS[table], TOLERANCES.get(table)
    differences = [f"{column} has no truth" for column in built.columns.difference(true.columns)]
    for name, frame in (("warehouse", built), ("truth", true)):
        if again := int(frame.duplicated(keys).sum()):
            differences.append(f"{again:,} rows of the {name} repeat a key")
    both = built.merge(true, on=keys, how="outer", suffixes=("", "_true"), indicator=True)
    for side, name in (("left_only", "warehouse"), ("right_only", "truth")):
        if alone := int((both["_merge"] == side).sum()):
            differences.append(f"{alone:,} rows are in the {name} only")
    matched = both[both["_merge"] == "both"]
    columns = [column for column in built.columns.intersection(true.columns) if column not in keys]
    for column in columns:
        found, expected = matched[column], matched[f"{column}_true"]
        equal = (found - expected).abs() <= tolerance if tolerance else found == expected
        wrong = ~(equal | (found.isna() & expected.isna()))
        if wrong.any():
            first = wrong.idxmax()
            differences.append(
                f"{column} differs in {int(wrong.sum()):,} rows, the first has {found[first]} "
                f"and should have {expected[first]}"
            )
    return Comparison(table, len(both), len(matched) * len(columns), tuple(differences))


def compare_worlds(
    warehouse: duckdb.DuckDBPyConnection, worlds: Iterable[World], shards: int, tables: Collection[str]
) -> list[Comparison]:
    """Compare a warehouse with the worlds its registers were written from, one after another.

    Parameters
    ----------
    warehouse : duckdb.DuckDBPyConnection
    worlds : iterable of world.World
        See `creation.create_worlds`.
    shards : int
        Their number.
    tables : collection of str
        Which of `QUERIES` to compare.

    Returns
    -------
    list of Comparison
    """
    found = {table: [] for table in tables}
    sums = []
    for made in worlds:
        if not made.shard:
            municipal, code = made.municipal, made.places.code
            positions = spending.benchmark_positions(made) if "expenditure" in tables else None
        lived = residence.residence_of(made)
        sums.append(expenditure.programme_sums(made, lived))
        true = {
            "persons": lambda made=made: truth.true_persons(made),
            "spells": lambda made=made: truth.true_spells(made),
            "case_mix": lambda made=made: truth.true_case_mix(made),
            "programme_days": lambda made=made, lived=lived: truth.true_programme_days(made, lived),
        }
        for table in found.keys() & true.keys():
            query = f"select * from ({QUERIES[table]}) where {_is_of(made.shard, shards)}"
            found[table].append(compare_table(table, warehouse.sql(query).df(), true[table]()))
    cells = expenditure.composition_of(pd.concat(sums).groupby(["place", "year"], sort=True).sum())
    if "expenditure" in tables:
        cells = expenditure.municipal_expenditure(municipal, positions, cells, shards)
        cells["expenditure_dkk"] = cells["actual_dkk"] * cells["full_year_persons"]
    cells["municipality_code"] = code[cells["place"]].astype(str)
    for table in found.keys() & {"composition", "expenditure"}:
        found[table].append(compare_table(table, warehouse.sql(QUERIES[table]).df(), cells))
    return [_added(found[table]) for table in tables]


def _is_of(shard, shards):
    """SQL condition on the persons of a shard; the last one takes persons that belong to no shard."""
    if shards == 1:
        return "true"
    own = keys.pnr_prefix("persons", shard)[1:]
    if shard < shards - 1:
        return f"substr(person_id, 2, 2) = '{own}'"
    return f"coalesce(substr(person_id, 2, 2) >= '{own}', true)"


def _added(parts):
    """One comparison for those of the shards of a table."""
    differences = [sentence for part in parts for sentence in part.differences]
    return Comparison(
        parts[0].table,
        sum(part.rows for part in parts),
        sum(part.values for part in parts),
        tuple(differences),
    )


def main(arguments: list[str] | None = None) -> int:
    """Compare the built warehouse with its truth; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m vfm.synthetic.verify.truth_check", description=__doc__.split("\n")[0]
    )
    parser.add_argument("--warehouse", type=Path, default=Paths.from_environment(PROJECT).warehouse)
    path = parser.parse_args(arguments).warehouse
    if not path.exists():
        parser.error(f"{path}: no such warehouse; make build makes it")
    with duckdb.connect(str(path), read_only=True, config=settings.duckdb_config(path.parent)) as warehouse:
        if (study := published.study(warehouse)) != DEFAULT_STUDY:
            print(
                f"No truth to compare with: it is that of {DEFAULT_STUDY}, and the warehouse is of {study}."
            )
            return 0
        origins = warehouse.sql("select columns('.*_origin') from meta.build_info").fetchone()
        seed_and_scale = ORIGIN.fullmatch(origins[0])
        if not seed_and_scale or len(set(origins)) > 1:
            print(f"No truth to compare with: the data are {' and '.join(sorted(set(origins)))}.")
            return 0
        seed, scale = int(seed_and_scale["seed"]), float(seed_and_scale["scale"] or 1)
        number = max(int(scale), 1)
        compared = compare_worlds(
            warehouse, creation.create_worlds(seed, number, scale / number), number, QUERIES
        )
    print(f"{'table':<16}{'rows':>10}{'values':>12}  differences")
    for one in compared:
        print(f"{one.table:<16}{one.rows:>10,}{one.values:>12,}  {'; '.join(one.differences) or 'none'}")
    return int(any(one.differences for one in compared))


if __name__ == "__main__":
    sys.exit(main())
