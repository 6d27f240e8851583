"""A study of later years reads later registers and accounts, and finds in them what the earlier form said."""

import io
import json
import shutil

import duckdb
import later_registers
import moved_registers
import pytest
import small_world

from vfm.warehouse import variables
from vfm.warehouse.dbt_runs import run_dbt
from vfm.warehouse.paths import PROJECT, Paths

#: What the changed registers and accounts reach.
WANTED = ["int_health", "int_first_match_groups", "int_programme_days", "int_programme_expenditure"]
MODELS = [*(f"+{name}" for name in WANTED), "stg_statbank__accounts_by_function"]


def build(folder, values):
    """Build what is wanted from the registers and accounts of a folder; return the warehouse."""
    paths = Paths(project=PROJECT, build=folder / "build", results=folder / "vfm.duckdb")
    places = {"VFM_REGISTERS": "registers", "VFM_STATBANK": "statbank", "VFM_BUILD": "build"}
    choice = ["--exclude-resource-type", "unit_test", "--vars", json.dumps(values)]
    choice += ["--indirect-selection", "cautious", "--select", *MODELS]
    choice += ["+path:tests/registers", "+path:tests/statbank", "regk100_adds_up_to_regk31"]
    run_dbt(paths, io.StringIO(), choice, {name: str(folder / place) for name, place in places.items()})
    return paths.warehouse


@pytest.fixture(scope="module")
def both(small, tmp_path_factory):
    """The small world moved by eight years, built with hospital contacts of LPR2 alone, and of both."""
    folder = tmp_path_factory.mktemp("later")
    earlier, later = folder / "earlier", folder / "later"
    moved_registers.move_registers(small.folder / "registers", earlier / "registers")
    moved_registers.move_accounts(small.folder / "statbank", earlier / "statbank")
    shutil.copytree(earlier, later)
    later_registers.in_later_form(later / "registers")
    values = small_world.setting() | moved_registers.moved_years(variables.of_project(PROJECT))
    values |= {"programme_rule": "legal"}
    changed = {"lpr3_from": later_registers.LPR3_FROM, "visit_from_year": later_registers.VISIT_FROM}
    with duckdb.connect() as con:
        con.execute(f"attach '{build(earlier, values)}' as earlier (read_only)")
        con.execute(f"attach '{build(later, values | changed)}' as later (read_only)")
        con.execute(f"attach '{small.build / 'warehouse.duckdb'}' as unmoved (read_only)")
        yield con


def differing(con, table, columns="*"):
    """Rows of a table that the two warehouses do not share."""
    one, other = (f"select {columns} from {name}.intermediate.{table}" for name in ("earlier", "later"))
    query = f"(({one}) except ({other})) union all (({other}) except ({one}))"
    return con.execute(f"select count(*) from ({query})").fetchone()[0]


def test_stays_of_lpr3_say_what_contacts_of_lpr2_said(both):
    sources = "select count(*) filter (hospital_lpr3 = 1), count(*) from {}.intermediate.int_health"
    assert both.execute(sources.format("earlier")).fetchone()[0] == 0
    of_lpr3, persons = both.execute(sources.format("later")).fetchone()
    assert 0.2 * persons < of_lpr3 < persons
    assert differing(both, "int_health", "* exclude (hospital_lpr3)") == 0


def test_without_the_later_register_illness_would_be_lost(both):
    """What the test above would not see were there nothing to lose."""
    stays = "select count(*) from read_parquet('{}/registers/sygehusbenyttelse_ophold/*.parquet')"
    (folder,) = both.execute("select path from duckdb_databases() where database_name = 'later'").fetchone()
    assert both.execute(stays.format(folder.removesuffix("/build/warehouse.duckdb"))).fetchone()[0] > 100


def test_groups_of_visit_are_on_the_levels_of_the_match_groups(both):
    assert differing(both, "int_first_match_groups", "spell_id, match_group") == 0
    systems = both.execute("select distinct system from later.intermediate.int_first_match_groups order by 1")
    assert systems.fetchall() == [("match",), ("visit",)]


def test_wage_subsidy_on_another_function_is_on_the_line_it_was_on(both):
    """Shares of the lines do not depend on the prices: those of the world before it was moved."""
    shares = """
        select
            grouping,
            year + {} as year,
            round(sum(gross_dkk) / sum(sum(gross_dkk)) over (partition by year), 9)
        from {}.intermediate.int_programme_expenditure
        where scope = 'programme'
        group by grouping, year
        order by all
        """
    moved = both.execute(shares.format(0, "later")).fetchall()
    assert moved == both.execute(shares.format(8, "unmoved")).fetchall()
    assert [share for grouping, _, share in moved if grouping == "003" and share > 0]
    functions = both.execute('select distinct "FUNKTION" from later.statbank.regk100 order by 1')
    assert functions.fetchall() == [("54660",), ("54661",)]


def test_a_programme_under_the_law_of_2016_lasts_one_to_five_years(both):
    """The end of who has a success is read independently, from the successes that were built."""
    query = """
        select
            count(*) filter (programme_start_date < date '2016-07-01'),
            count(*) filter (programme_start_date >= date '2016-07-01'),
            bool_and(
                programme_start_date >= date '2016-07-01'
                or end_date_legal = programme_start_date + interval 3 year
            ),
            bool_and(
                programme_start_date < date '2016-07-01'
                or end_date_legal between programme_start_date + interval 1 year
                and programme_start_date + interval 5 year
            ),
            bool_and(programme_end_date = end_date_legal),
            count(distinct end_date_legal - programme_start_date)
        from later.intermediate.int_programme_periods
        """
    before, under, three_years, within, chosen, lengths = both.execute(query).fetchone()
    assert min(before, under) > 50
    assert three_years and within and chosen
    assert lengths > 50
    wrong = """
        with first_jobs as (
            select person_id, min(week_start) as week_start
            from later.intermediate.int_success_weeks
            group by person_id
        )
        select count(*), count(*) filter (
            end_date_legal <> least(
                programme_start_date + interval 5 year,
                greatest(programme_start_date + interval 1 year, week_start)
            )
        )
        from later.intermediate.int_programme_periods
        inner join first_jobs using (person_id)
        where programme_start_date >= date '2016-07-01'
        """
    persons, differ = both.execute(wrong).fetchone()
    assert persons > 50
    assert differ == 0
