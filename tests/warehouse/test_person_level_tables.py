"""The person-level tables are right: the same as two accounts of the rules that never saw the SQL.

The simulator's truth, for everybody it made: real dbt, from Parquet files on. And a reading of the rules in
plain loops, for random persons to whom too much happens: the same compiled SQL in memory, so that a person
for whom it goes wrong shrinks to a few rows.
"""

from collections import Counter

import duckdb
import pandas as pd
import preloaded
import pytest
import reading_of_the_rules as reading
from compiled_models import CompiledModels
from hypothesis import Phase, given, seed, settings
from random_persons import many_persons, raw_rows

from vfm.synthetic import __main__ as simulator
from vfm.synthetic.verify import truth_check
from vfm.synthetic.world import creation
from vfm.warehouse import dbt_runs, dbt_sql
from vfm.warehouse.paths import PROJECT, Paths

SEED, SCALE = 20160822, 0.1
SELECTED = ["+spells", "+case_mix", "+int_programme_composition"]
TABLES = [
    table for table in truth_check.QUERIES if table != "expenditure"
]  # seeds/statbank is not of this seed
SPELL = """
    spell_number, sex, residence_ground, municipality_code, start_week, duration_weeks, weeks_to_window_end,
    outcome, exit_reason
"""
PHASES = [Phase.generate, Phase.shrink]  # explaining a failure takes longer than finding it
EXIT_REASONS = {
    "employment", "death", "emigration", "excluded_state", "move", "window_end", "turning_64", "data_end",
}  # fmt: skip


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A folder with the warehouse of simulated registers, and dbt's manifest."""
    folder = tmp_path_factory.mktemp("built")
    simulated = ["--seed", str(SEED), "--scale", str(SCALE), "--out", str(folder / "registers")]
    simulator.main(simulated + ["--statbank", str(folder / "statbank"), "--truth", str(folder / "truth")])
    paths = Paths(project=PROJECT, build=folder / "build", results=folder / "vfm.duckdb")
    choice = ["build", "--exclude-resource-type", "test", "unit_test", "--log-level", "info"]
    environment = {"VFM_REGISTERS": str(folder / "registers"), "VFM_BUILD": str(folder / "build")}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dbt_runs, "subprocess", preloaded.FORKING)
        status, errors, plain = dbt_runs.listen(
            paths, [*choice, "--select", *SELECTED], lambda event: None, environment
        )
    assert status == 0, (errors, plain)
    return folder


@pytest.fixture(scope="module")
def compared(built):
    """Every table beside its truth."""
    with duckdb.connect(str(built / "build/warehouse.duckdb"), read_only=True) as warehouse:
        return {
            one.table: one
            for one in truth_check.compare_worlds(warehouse, [creation.create_world(SEED, SCALE)], 1, TABLES)
        }


@pytest.mark.parametrize("table", TABLES)
def test_the_warehouse_holds_the_truth(compared, table):
    assert compared[table].rows > 100
    assert compared[table].differences == ()


def test_the_comparison_sees_what_differs():
    true = pd.DataFrame(
        {"person_id": ["a", "b", "c"], "municipality_code": "101", "year": 2011, "person_days": 7}
    )
    built = pd.DataFrame(
        {"person_id": ["a", "c", "c"], "municipality_code": "101", "year": [2011, 2011, 2012]}
    )
    built["person_days"] = [7, 8, 7]
    assert truth_check.compare_table("programme_days", true, true).differences == ()
    assert truth_check.compare_table("programme_days", built, true).differences == (
        "1 rows are in the warehouse only",
        "1 rows are in the truth only",
        "person_days differs in 1 rows, the first has 8.0 and should have 7.0",
    )
    twice = truth_check.compare_table("programme_days", pd.concat([true, true[:1]]), true)
    assert twice.differences == ("1 rows of the warehouse repeat a key",)


def recompiled(models, **variables):
    """SQL of the models that read one of some variables, with other values of these: {unique id: SQL}."""
    relations = {node["name"]: node["relation_name"] for node in models.nodes.values()}
    dbt_sql.variables().update(variables)
    try:
        return {
            name: dbt_sql.environment().from_string(code).render(ref=relations.__getitem__)
            for name in models.order
            if (code := models.nodes[name].get("raw_code", ""))
            and any(f"var('{variable}')" in code for variable in variables)
        }
    finally:
        dbt_sql.variables.cache_clear()


#: Other assumptions on spells; what comes before the spells is the same.
SWITCHES = [
    {"gap_weeks": 20},
    {"restart_after_move": True},
    {"gap_weeks": 4, "restart_after_move": True},
    {"follow_up_ends_weeks_before_data": 30, "gap_weeks": 1},  # named, since the one before has another
]


def test_random_persons_have_the_spells_and_days_of_the_rules_under_any_assumptions(built):
    models = CompiledModels(built / "build/target/manifest.json", ["int_spells", "int_programme_days"])
    variants = [(switches, recompiled(models, **switches)) for switches in SWITCHES]
    met, changed = Counter(), Counter()

    def spells_agree(people, **switches):
        spells = [
            (pnr, *spell.values()) for pnr in people for spell in reading.spells(people[pnr], **switches)
        ]
        query = f"select person_id, {SPELL} from intermediate.int_spells"
        assert sorted(models.connection.execute(query).fetchall()) == sorted(spells), switches
        return spells

    @seed(3)
    @settings(max_examples=20, deadline=None, database=None, report_multiple_bugs=False, phases=PHASES)
    @given(many_persons())
    def agree(many):
        people = {f"p{number}": person for number, person in enumerate(many)}
        models.run(raw_rows(people))
        spells = spells_agree(people)
        met.update(fact for _, number, *_, reason in spells for fact in (reason, number))
        days = [
            (pnr, *place_and_year, days)
            for pnr, person in people.items()
            for place_and_year, days in reading.programme_days(person).items()
        ]
        found = models.connection.execute(
            "select person_id, municipality_code, year, person_days from intermediate.int_programme_days"
        ).fetchall()
        assert sorted(found) == sorted(days)
        for switches, compiled in variants:
            models.rebuild(compiled)
            others = spells_agree(people, **switches)
            changed[str(switches)] += len({spell[0] for spell in set(others) ^ set(spells)})

    agree()
    # the comparison means something only where every rule was met, and every switch changed spells
    assert EXIT_REASONS | {1, 2, 3} <= set(met), met
    assert all(changed[str(switches)] > 5 for switches in SWITCHES), changed
