"""Nothing knows only the defaults: a small world builds, and its pages say the setting that is in force."""

import html
import re

import duckdb
import pytest
import small_world

from vfm.synthetic.verify.mutations import inputs
from vfm.warehouse import dbt_sql, variables
from vfm.warehouse.paths import PROJECT

DEFAULTS = variables.of_project(PROJECT)
SETTING = small_world.setting()
#: What only a page of the default setting says, in English and Danish. A number alone may be anybody's.
SAYS_THE_DEFAULT = {
    "window_weeks": r"\b156[ -](weeks|uger)|\b0(\.\.|-|–| to | til )156\b|week 156\b|uge 156\b",
    "success_weeks": r"(?<![\d.,])(13|thirteen|tretten)[ -](employed |consecutive )?(weeks|uger)\b",
    "success_hours_per_week": r"(?<![\d.,])(20|twenty|tyve) (hours|timer)\b",
    "health_weeks": r"\b(first|første) 52 (weeks|uger)\b",
    "minimum_spells": r"(at least|under|fewer than|below|mindst|færre end) 100 (spells|forløb)\b",
    "minimum_persons": r"\b(than|over|end|with|med) 50 (persons|personer)\b"
    r"|\b50 (persons|personer) (or|eller)\b",
    "disclosure_limit": r"(fewer than|færre end) (5|five|fem) (persons|people|personer)\b",
    "programme_years": r"(three|tre) (years|år) (later|after|senere|efter)\b",
    "bootstrap_replicates": r"(?<![\d.,])999 (replicates|replikationer|gentagelser)",
    "rank_draws": r"\b4[.,]?999 (draws|trækninger)",
    "supplementary_groupings": r"\b001(-|–| to | til )009\b",
    "outlier_municipality": r"(without|uden|municipality|kommune) (Høje-Taastrup|169)\b",
    "maximum_age_years": r"(arrivals|origin|indvandrere|flygtninge)[^.]{0,60} 18(-|–| to | til )64\b",
    "leaving_age_years": r"(turns?|turning|fylder) 64\b",
}  # fmt: skip


def text(page):
    """The words of a page, without its tags and scripts."""
    page = re.sub(r"(?s)<(script|style)\b.*?</\1>", " ", page)
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page)))


def defaults_in(words):
    """What a text says of defaults that are not in force, with its surroundings."""
    return {
        name: [words[max(found.start() - 60, 0) : found.end() + 60] for found in re.finditer(pattern, words)]
        for name, pattern in SAYS_THE_DEFAULT.items()
        if re.search(pattern, words)
    }


def test_every_variable_but_the_years_has_a_second_value():
    assert set(SETTING) | small_world.YEARS == set(DEFAULTS)
    assert not [name for name, value in SETTING.items() if value == DEFAULTS[name]]
    assert variables.refusals(DEFAULTS | SETTING) == []


@pytest.mark.parametrize(
    ("said", "name"),
    [
        ("on 0..156 weeks", "window_weeks"),
        ("i 13 uger", "success_weeks"),
        ("at least 100 spells", "minimum_spells"),
        ("uden Høje-Taastrup (169)", "outlier_municipality"),
        ("fewer than five persons", "disclosure_limit"),
    ],
)
def test_a_default_is_found(said, name):
    assert list(defaults_in(said)) == [name]


def test_what_is_in_force_is_published(small):
    with duckdb.connect(str(small.results), read_only=True) as con:
        found = dict(con.sql("select name, value from meta.method").fetchall())
    assert set(found) == set(DEFAULTS)
    for name, value in (DEFAULTS | SETTING).items():
        written = ", ".join(value) if isinstance(value, list) else str(value)
        assert found[name].lower() == written.lower(), name


def test_every_estimate_is_there(small):
    with duckdb.connect(str(small.results), read_only=True) as con:
        quintiles = con.sql("select distinct quintile from benchmark.benchmark_indicators").fetchall()
        sides = con.sql("select distinct side from efficiency.frontier_fit").fetchall()
        samples = con.sql(
            "select sample, min(municipalities) from efficiency.indicator_regressions group by 1"
        )
        sizes = dict(samples.fetchall())
        (models,) = con.sql("select count(*) from expenditure.cost_need_fit").fetchone()
    assert {quintile for (quintile,) in quintiles if quintile} == {1, 2, 3, 4, 5}
    assert {side for (side,) in sides} == {"production", "cost"}
    assert sizes["without_outlier"] == sizes["all"] - 1
    assert models == 3


@pytest.mark.parametrize("page", ["index.html", "en.html"])
def test_the_report_page_names_no_default_that_is_not_in_force(small, page):
    words = text((small.report / page).read_text(encoding="utf-8"))
    assert "130" in words
    assert defaults_in(words) == {}


def test_the_docs_name_no_default_that_is_not_in_force(small):
    small.run("vfm.pages.lineage", "--vars", small_world.SETTING.read_text(encoding="utf-8"))
    manifest = small.docs()
    nodes = [*manifest["nodes"].values(), *manifest["sources"].values()]
    nodes = [node for node in nodes if node["schema"] != "published"]  # what is printed stays what it is
    columns = [column for node in nodes for column in node["columns"].values()]
    words = " ".join(part["description"] for part in [*nodes, *columns])
    assert len(words) > 50_000
    assert defaults_in(words) == {}


def test_the_sql_without_dbt_makes_the_inputs_that_dbt_makes(small, monkeypatch):
    """`make mutations` renders the models by itself: every row of the estimators' inputs is as built."""
    monkeypatch.setattr(dbt_sql, "variables", lambda: DEFAULTS | SETTING)
    monkeypatch.setattr(inputs, "SETTING", {})
    inputs.query.cache_clear()
    made = inputs.Inputs(small.folder / "registers", small.folder / "statbank").con
    inputs.query.cache_clear()
    made.execute(f"attach '{small.build / 'warehouse.duckdb'}' as built (read_only)")
    for table in ("int_spells", "int_cox_input", "int_cost_need_input"):
        mine, theirs = f"from base.intermediate.{table}", f"from built.intermediate.{table}"
        (rows,) = made.execute(f"select count(*) {theirs}").fetchone()
        assert rows > 100
        assert made.execute(f"select count(*) {mine}").fetchone() == (rows,)
        assert made.execute(f"{mine} except {theirs}").fetchall() == []
