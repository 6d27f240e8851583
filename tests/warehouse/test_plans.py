"""DuckDB's plans of the SQL models grow with the persons: nothing is compared all with all, or kept whole."""

import json
from pathlib import Path

import duckdb
import pytest

from vfm.warehouse.paths import PROJECT, Paths

PATHS = Paths.from_environment(PROJECT)
# up to the *_input tables; what follows is of municipalities
FOLDERS = ("models/staging/registers", "models/intermediate/population", "models/intermediate/spells",
           "models/intermediate/case_mix", "models/intermediate/programme",
           "models/intermediate/benchmark")  # fmt: skip
ALL_WITH_ALL = {"BLOCKWISE_NL_JOIN", "NESTED_LOOP_JOIN", "LEFT_DELIM_JOIN", "RIGHT_DELIM_JOIN"}
KEPT_ROWS_PER_PERSON = 10  # a person has more than a hundred weeks


@pytest.fixture(scope="module")
def warehouse():
    if not PATHS.warehouse.exists():
        pytest.skip("no warehouse is built yet")
    with duckdb.connect(str(PATHS.warehouse), read_only=True) as con:
        yield con


def faults(con, sql):
    """Name the operators of a query's plan that do not grow with the persons alone."""
    (persons,) = con.execute("select count(*) from intermediate.int_population").fetchone()
    ((_, plan),) = con.execute(f"explain (format json) {sql}").fetchall()
    left, found = json.loads(plan), []
    while left:
        node = left.pop()
        left += node["children"]
        name = node["name"].strip()
        if name in ALL_WITH_ALL:
            found.append(name)
        if name == "CTE":
            rows = int(node["children"][0]["extra_info"].get("Estimated Cardinality", 0))
            if rows > KEPT_ROWS_PER_PERSON * persons:
                found.append(f"CTE {node['extra_info']['CTE Name']} of {rows} rows")
    return found


@pytest.mark.parametrize(
    "model",
    sorted(path for folder in FOLDERS for path in (PROJECT / folder).glob("*.sql")),
    ids=lambda path: path.stem,
)
def test_the_plan_of_a_model_grows_with_the_persons(warehouse, model):
    compiled = PATHS.target / "compiled/value_for_money" / model.relative_to(PROJECT)
    if not compiled.exists():
        pytest.skip("was not built with the warehouse")
    assert faults(warehouse, Path(compiled).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        (
            """
            select a.person_id, b.week_number
            from intermediate.int_spell_candidates as a
            left join intermediate.int_success_weeks as b
                on a.person_id = b.person_id
                and (a.success_week_number is null or a.start_week_number < b.week_number)
            """,
            "BLOCKWISE_NL_JOIN",
        ),
        (
            """
            with weeks as (select * from intermediate.int_person_weeks_classified)
            select * from weeks where state = 'dead'
            union all
            select * from weeks where state = 'emigrated'
            """,
            "CTE weeks of",
        ),
        (
            """
            select * from raw.dream
            where exists (select 1 from raw.dod where trim(dod.pnr) = trim(dream.pnr))
            """,
            "LEFT_DELIM_JOIN",
        ),
    ],
)
def test_faults_are_found(warehouse, sql, found):
    assert any(name.startswith(found) for name in faults(warehouse, sql))


@pytest.mark.parametrize("model", ["stg_registers__dream_weeks", "stg_registers__match_groups"])
def test_a_wide_register_becomes_rows_for_persons_of_the_study_alone(warehouse, model):
    """Under each operator that makes rows of columns lies the join with those who have a permit."""
    compiled = PATHS.target / f"compiled/value_for_money/models/staging/registers/{model}.sql"
    if not compiled.exists():
        pytest.skip("was not built with the warehouse")
    ((_, plan),) = warehouse.execute(f"explain (format json) {compiled.read_text('utf-8')}").fetchall()
    unpivots = [node for node in operators(json.loads(plan)) if node["name"].strip() == "UNNEST"]
    assert unpivots
    for unpivot in unpivots:
        joins = [node["extra_info"] for node in operators(unpivot["children"]) if "JOIN" in node["name"]]
        assert any("person_id" in str(join.get("Conditions")) for join in joins)


def operators(nodes):
    """Yield all operators of a plan."""
    for node in nodes:
        yield node
        yield from operators(node["children"])
