"""In the published file a name stands beside each code, and every term has its words."""

import duckdb
import pytest

from vfm.warehouse import published
from vfm.warehouse.paths import PROJECT

#: Code of a published table -> the column that says it in words, and the table that has all of them.
NAMES = {
    "municipality_code": ("municipality_name", "meta.municipalities", "municipality_code"),
    "other_municipality_code": ("other_municipality_name", "meta.municipalities", "municipality_code"),
    "peer_municipality_code": ("peer_municipality_name", "meta.municipalities", "municipality_code"),
    "grouping": (("grouping_en", "label_en"), "meta.groupings", "grouping"),
}
#: Model of meta.terms -> the tables whose terms it names.
TERMS = {
    "cox": ["benchmark.cox_coefficients", "benchmark.cox_diagnostics", "report.hazard_ratios"],
    "cost_need": [
        "expenditure.cost_need_coefficients",
        "expenditure.supplementary_cost_need_coefficients",
        "report.table_5_1",
        "report.municipal_groups",
    ],
    "indicator_regression": [
        "efficiency.indicator_regressions",
        "efficiency.indicator_regressions_joint",
        "efficiency.supplementary_regressions",
    ],
    "frontier": ["efficiency.frontier_parameters"],
}


@pytest.fixture(scope="module")
def con():
    if not published.results().exists():
        pytest.skip("nothing is published yet")
    with duckdb.connect(str(published.results()), read_only=True) as con:
        yield con


def columns(con):
    """{schema.table: names of its columns}."""
    found = {}
    query = "select schema_name || '.' || table_name, column_name from duckdb_columns() where not internal"
    for table, column in con.execute(query).fetchall():
        found.setdefault(table, set()).add(column)
    return found


def test_a_name_stands_beside_each_code(con):
    seen, silent = 0, []
    for table, names in columns(con).items():
        for code, (wanted, words, key) in NAMES.items():
            if code not in names:
                continue
            seen += 1
            wanted = (wanted,) if isinstance(wanted, str) else wanted
            beside = [name for name in wanted if name in names]
            if not beside:
                silent.append(f"{table}.{code}")
                continue
            unnamed = f'select count(*) from {table} where "{code}" is not null and "{beside[0]}" is null'
            assert con.execute(unnamed).fetchone() == (0,), f"{table}.{beside[0]}"
            unknown = (
                f"select count(*) from {table} as told anti join {words} as named "
                f'on told."{code}" = named."{key}"'
            )
            assert con.execute(unknown).fetchone() == (0,), f"{table}.{code}"
            if beside[0].endswith("municipality_name"):
                other = (
                    f'select count(*) from {table} as told inner join {words} as named on told."{code}" = '
                    f'named."{key}" where told."{beside[0]}" <> named.municipality_name'
                )
                assert con.execute(other).fetchone() == (0,), f"{table}.{beside[0]}"
    assert silent == [] and seen > 40


def test_a_table_with_terms_has_them_in_words(con):
    with_terms = {table for table, names in columns(con).items() if "term" in names}
    with_labels = {"report.figure_5_1_regression", "report.appendix_table_6_1"}  # beside each row
    named = {table for tables in TERMS.values() for table in tables}
    assert with_terms == {"meta.terms", *with_labels, *named}
    for model, tables in TERMS.items():
        for table in tables:
            query = (
                f"select distinct term from {table} "
                f"anti join (from meta.terms where model = '{model}') as terms using (term)"
            )
            assert con.execute(query).fetchall() == [], table


def test_what_a_term_is_compared_with_is_a_term_or_the_first_year(con):
    query = """
        select model, reference from meta.terms as told
        where reference is not null and not exists (
            from meta.terms as other where other.model = told.model and other.term = told.reference
        )
    """
    first_year = con.execute("select value from meta.method where name = 'first_expenditure_year'").fetchone()
    assert set(con.execute(query).fetchall()) <= {("cost_need", f"year_{first_year[0]}")}


def test_a_new_column_repeats_the_one_that_the_changelog_names(con):
    """So that a query may be changed at any time before the old name goes."""
    rows = [
        [cell.strip().replace("`", "").split(", ") for cell in line.split("|")[1:4]]
        for line in (PROJECT / "CHANGELOG.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("| `") and line.rstrip().endswith(("| goes |", "| kept |"))
    ]
    assert len(rows) > 10
    for tables, before, now in rows:
        for table in tables:
            for old, new in zip(before, now, strict=True):
                apart = f'select count(*) from {table} where "{old}" is distinct from "{new}"'
                assert con.execute(apart).fetchone() == (0,), f"{table}.{new}"
