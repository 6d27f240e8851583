"""Attacks on the rules of docs/disclosure.md, and its list of what is published."""

import re
from collections import Counter
from contextlib import closing
from functools import cache

import duckdb
import jinja2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog

from vfm.privacy.declarations import published_tables
from vfm.warehouse import dbt_sql, published
from vfm.warehouse.paths import PROJECT
from vfm.warehouse.yaml_files import read_yaml

ROOT = PROJECT
DOCUMENT = ROOT / "docs/disclosure.md"
LIMITS = st.sampled_from([2, 5, 10])
DATABASE = duckdb.connect()


def macros(limit):
    """Return the project's macros with this disclosure limit."""
    dbt_sql.variables()["disclosure_limit"] = limit
    dbt_sql.render.cache_clear()
    return dbt_sql.environment().globals


@pytest.fixture(autouse=True)
def _restore():
    yield
    dbt_sql.variables.cache_clear()
    dbt_sql.render.cache_clear()


def withheld(persons, limit):
    """Run is_withheld over the cells of one total: one bool per cell."""
    rule = macros(limit)["is_withheld"]("persons", key="cell")
    cells = ", ".join(f"({k}, {n})" for k, n in enumerate(persons))
    query = f"select cell, {rule} from (values {cells}) as cells (cell, persons) order by cell"
    return np.array([row[1] for row in DATABASE.sql(query).fetchall()])


def bounds(cell, equations, totals, known):
    """Least and greatest value that a cell can have: nothing is negative, the known cells and sums hold."""
    limits = [(value, value) if value is not None else (0, None) for value in known]
    goal = np.zeros(len(known))
    goal[cell] = 1
    ends = []
    for sign in (1, -1):
        found = linprog(sign * goal, A_eq=equations, b_eq=totals, bounds=limits, method="highs")
        ends.append(np.inf * -sign if found.status == 3 else sign * found.fun)
    return ends


@settings(max_examples=100, deadline=None)
@given(st.lists(st.integers(0, 14), min_size=1, max_size=7), LIMITS)
def test_a_total_gives_no_withheld_cell_back(persons, limit):
    hidden = withheld(persons, limit)
    persons = np.array(persons)
    assert hidden[persons < limit].all()
    assert hidden.sum() <= (persons < limit).sum() + 1
    if hidden.any() and persons.sum() >= limit:  # a total of few is withheld itself
        assert hidden.sum() > 1 and persons[hidden].sum() >= limit
        # so each of them may be anything from 0 to what the shown cells leave of the total


def test_the_smallest_other_cell_is_withheld_and_ties_go_by_key():
    assert withheld([4, 9, 7, 7, 20], 5).tolist() == [True, False, True, False, False]
    assert withheld([0, 5], 5).tolist() == [True, True]
    assert not withheld([5, 6], 5).any()


@pytest.mark.parametrize("limit", [0, 1])
def test_a_limit_of_none_or_one_withholds_nothing(limit):
    assert not withheld([0, 1, 7], limit).any()
    assert DATABASE.sql("select " + macros(limit)["unless_few"]("0", "7")).fetchone() == (7,)


def test_the_limit_is_that_of_the_variable():
    for limit, told in ((4, 7), (5, None)):
        assert DATABASE.sql("select " + macros(limit)["unless_few"]("4", "7")).fetchone() == (told,)


def test_a_limit_above_that_of_the_cost_need_model_is_refused(monkeypatch):
    class Exceptions:
        @staticmethod
        def raise_compiler_error(message):
            raise ValueError(message)

    given_by_dbt = dbt_sql.macros_globals
    monkeypatch.setattr(
        dbt_sql, "macros_globals", lambda found: given_by_dbt(found) | {"exceptions": Exceptions}
    )
    dbt_sql.environment.cache_clear()
    try:
        with pytest.raises(ValueError, match="raise minimum_persons to 51"):
            macros(51)["disclosure_limit"]()
    finally:
        dbt_sql.environment.cache_clear()


@settings(max_examples=30, deadline=None)
@given(
    st.integers(2, 3).flatmap(
        lambda rows: st.lists(
            st.lists(st.one_of(st.integers(0, 6), st.integers(0, 60)), min_size=3, max_size=3),
            min_size=rows,
            max_size=rows,
        )
    ),
    LIMITS,
)
def test_margins_give_no_inner_cell_back(persons, limit):
    inner = np.array(persons)
    table = np.vstack([np.c_[inner, inner.sum(1)], np.r_[inner.sum(0), inner.sum()]])
    n_rows, n_columns = table.shape
    cells = ", ".join(f"({i}, {j}, {n})" for (i, j), n in np.ndenumerate(table))
    rule = macros(limit)["withheld_in_two_ways"]("cells", "r", "c", n_rows - 1, n_columns - 1)
    rule = re.sub(r"'(\d)'", r"\1", rule)
    listed = f"with cells as (from (values {cells}) as t (r, c, persons))"
    hidden = np.zeros(table.shape, bool)
    for i, j, value in DATABASE.sql(f"{listed} select r, c, is_withheld from ({rule})").fetchall():
        hidden[i, j] = value
    assert hidden[table < limit].all()
    if (table >= limit).all():
        assert not hidden.any()
    if n_rows == 4:  # the third row is printed nowhere
        hidden[2] = True
    equations = []
    for axis in range(2):
        for line in range(table.shape[axis]):
            row = np.zeros(table.shape)
            row[line if axis == 0 else slice(None), slice(None) if axis == 0 else line] = 1
            row[(line, -1) if axis == 0 else (-1, line)] = -1
            equations.append(row.ravel())
    known = [None if h else n for h, n in zip(hidden.ravel(), table.ravel(), strict=True)]
    for cell in np.flatnonzero(table.ravel() < limit):
        least, greatest = bounds(cell, np.array(equations), np.zeros(len(equations)), known)
        whole = table[-1, -1] >= limit
        assert not whole or greatest - least >= limit - 1e-6


@cache
def declared_models():
    """{name: model} of the yml files of the published schemas."""
    models = {}
    for path in [*(ROOT / "models/marts").rglob("*.yml"), *(ROOT / "python_models").rglob("*.yml")]:
        if path.parent.name in ("intermediate", "persons"):
            continue
        for model in read_yaml(path).get("models", []):
            models[model["name"]] = model
            for column in model["columns"]:  # a precision may follow a variable
                meta = column.get("config", {}).get("meta", {})
                said = jinja2.Template(str(meta.get("precision"))).render(var=dbt_sql.variables().get)
                meta |= {"precision": said} if "precision" in meta else {}
    return models


def published_models():
    """Names of the models that say publish: true."""
    return {name for name, model in declared_models().items() if model["config"]["meta"]["publish"]}


def inventory():
    """Rows of the inventory in docs/disclosure.md: the names of tables and of tests in each."""
    rows = [
        line.split("|")[1:-1] for line in DOCUMENT.read_text(encoding="utf-8").splitlines() if "|" in line
    ]
    return [
        (re.findall(r"`(\w+)`", cells[0]), re.findall(r"`(\w+)`", cells[-1]))
        for cells in rows
        if len(cells) == 5
    ]


def test_every_published_table_is_in_the_inventory_once():
    named, published = Counter(table for tables, _ in inventory() for table in tables), published_models()
    without_a_row, unknown = sorted(published - named.keys()), sorted(named.keys() - published)
    assert not without_a_row, f"docs/disclosure.md has no row of {without_a_row}"
    assert not unknown, f"docs/disclosure.md has a row of {unknown}, which nothing publishes"
    twice = [table for table, rows in named.items() if rows > 1]
    assert not twice, f"docs/disclosure.md has two rows of {twice}"


def test_every_model_and_column_of_a_published_schema_is_declared():
    nodes = {
        name: {
            **{
                "resource_type": "model",
                "schema": "report",
                "alias": name,
                "config": model.get("config", {}),
            },
            "columns": {column["name"]: column for column in model["columns"]},
            "depends_on": {"nodes": ["table_2_1"]},  # as if: the yml does not say what a model reads
        }
        for name, model in declared_models().items()
    }
    assert set(published_tables({"nodes": nodes}, ("report",))) == published_models()
    assert len(nodes) > len(published_models()) > 80


def test_tables_that_the_inventory_bases_on_no_persons_declare_none():
    without = [
        (re.findall(r"`(\w+)`", cells[0]), cells[2])
        for cells in (line.split("|")[1:-1] for line in DOCUMENT.read_text(encoding="utf-8").splitlines())
        if len(cells) == 5 and cells[2].strip() == "no persons"
    ]
    assert len(without) >= 3
    for table in (table for tables, _ in without for table in tables):
        rests_on = {column["config"]["meta"]["rests_on"] for column in declared_models()[table]["columns"]}
        assert not rests_on & {"persons", "spells"}, table


def tables_with_bases():
    """Tables whose persons report.release_bases counts, which `published_cells_hold_five_persons` reads."""
    sql = (ROOT / "models/marts/report/release_bases.sql").read_text(encoding="utf-8")
    return set(re.findall(r"(?<!ref\()'(\w+)", sql)) & published_models()


def test_every_table_that_rests_on_persons_is_among_the_bases():
    """A table without a base rests on municipalities, a model, public figures or nothing."""
    bases = tables_with_bases()
    assert len(bases) > 40
    for name in published_models() - bases:
        rests_on = {column["config"]["meta"]["rests_on"] for column in declared_models()[name]["columns"]}
        assert not rests_on & {"persons", "spells"}, f"{name} is not in release_bases.sql"


def test_the_inventory_cites_the_test_of_the_bases_for_tables_that_it_reads_and_no_others():
    bases = tables_with_bases()
    for tables, tests in inventory()[1:]:
        for table in tables if "published_cells_hold_five_persons" in tests else ():
            assert table in bases, f"published_cells_hold_five_persons does not read {table}"


def test_a_null_without_a_column_of_reasons_is_explained_in_its_description():
    """So it has one cause, which the reader finds where the column is described."""
    if not published.results().exists():
        pytest.skip("nothing is published yet")
    models = {model["config"].get("alias", name): model for name, model in declared_models().items()}
    silent = []
    with closing(published.connect(published.results())) as con:
        for schema, table, column, comment in con.execute(
            "select schema_name, table_name, column_name, comment from duckdb_columns() where not internal"
        ).fetchall():
            declared = {each["name"]: each for each in models[table]["columns"]}
            reasons = {each["config"]["meta"].get("withheld_reason") for each in declared.values()}
            if column in reasons or declared[column]["config"]["meta"].get("withheld_reason"):
                continue
            said = declared[column]["description"]
            said = comment if "doc(" in said else said
            found = f'select count(*) from "{schema}"."{table}" where "{column}" is null'
            if con.execute(found).fetchone()[0] and not re.search(r"\b(null|empty)\b", said):
                silent.append(f"{table}.{column}: {said}")
    assert not silent


def test_every_row_of_the_inventory_names_a_test_that_exists():
    files = [*(ROOT / "tests").rglob("*.sql"), *(ROOT / "tests").glob("*/test_*.py")]
    files += [*(ROOT / "models").rglob("*.yml"), *(ROOT / "python_models").rglob("*.yml")]
    text = "\n".join(
        path.stem + "\n" + path.read_text(encoding="utf-8") for path in files if path.suffix != ".sql"
    )
    known = {path.stem for path in files if path.suffix == ".sql"}
    known |= set(re.findall(r"^def (test_\w+)", text, re.MULTILINE)) | set(re.findall(r"name: (\w+)", text))
    for tables, tests in inventory()[1:]:
        if tables:
            assert tests and set(tests) <= known, f"{tables}: {set(tests) - known}"
