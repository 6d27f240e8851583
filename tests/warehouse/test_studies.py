"""Studies: a file for each, a sentence for each mistake in it, and builds of other years that say theirs."""

import io
import json
import os
import re
import shutil
import sys
import types

import duckdb
import moved_registers
import preloaded
import pytest
import small_world
import yaml
from conftest import made_once

from vfm.pages.report.tables import read_results
from vfm.warehouse import machine, studies, variables
from vfm.warehouse.dbt_runs import listen, run_dbt
from vfm.warehouse.paths import DEFAULT_STUDY, PROJECT, Paths

THIRD = "2010-2013"
#: Fewer draws than the study's: what is tested does not rest on their number.
FEWER = {"bootstrap_replicates": 19, "frontier_draws": 9, "rank_draws": 199, "indicator_draws": 49}
#: Models whose rules name years: their unit tests pass whatever the study's years are.
OF_YEARS = (
    "int_population_candidates int_calendar_weeks int_censoring_weeks int_spells_judged int_spell_covariates "
    "int_case_mix_terms int_case_mix int_cox_input int_linear_predictors int_programme_days "
    "int_programme_expenditure national_expenditure table_4_2 figure_4_1 appendix_table_6_1"
).split()


@pytest.fixture
def project(tmp_path):
    """A folder with the project's variables and studies; returns it and what writes a study file."""
    shutil.copy(PROJECT / "dbt_project.yml", tmp_path)
    shutil.copytree(PROJECT / "studies", tmp_path / "studies")
    good = yaml.safe_load((PROJECT / f"studies/{THIRD}.yml").read_text(encoding="utf-8"))

    def write(**changes):
        """Write studies/mine.yml: the third study, changed; a value of ... takes a key out."""
        changed = good | changes | {"variables": good["variables"] | changes.get("variables", {})}
        for part in (changed, changed["variables"]):
            for key in [key for key, value in part.items() if value is ...]:
                del part[key]
        (tmp_path / "studies/mine.yml").write_text(yaml.safe_dump(changed), encoding="utf-8")

    return tmp_path, write


def refused(folder, name="mine"):
    """The sentences with which a study file is refused."""
    with pytest.raises(machine.BuildError) as caught:
        studies.read_study(name, folder)
    assert all(
        "\n" not in said and said.endswith(studies.SEE) or variables.SEE in said for said in caught.value.args
    )
    return list(caught.value.args)


@pytest.mark.parametrize("name", studies.names())
def test_every_study_of_the_project_is_right(name):
    study = studies.read_study(name)
    assert study.compare_with_print == (name == DEFAULT_STUDY)
    assert variables.refusals(variables.of_project(PROJECT) | study.variables) == []


def test_the_variables_of_the_report_have_one_home():
    assert studies.read_study(DEFAULT_STUDY).variables == {}
    values = variables.of_project(PROJECT)
    assert (values["study"], values["compare_with_print"]) == (DEFAULT_STUDY, True)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"titel_da": "x"}, "has an unknown key titel_da: did you mean title_da?"),
        ({"title_en": ...}, "has no title_en: give a title in English."),
        ({"title_en": ""}, "title_en is '': give a title in English."),
        ({"compare_with_print": "no"}, "compare_with_print is 'no': give true or false."),
        ({"compare_with_print": True}, "the printed tables are of the years of kora_2017 alone: give false."),
        ({"window_weeks": ...}, "does not say window_weeks, which every study decides for itself"),
        ({"window_weeks": "long"}, "variable window_weeks is 'long': give a whole number of weeks"),
        ({"windowweeks": 3}, "variable windowweeks is not known: did you mean window_weeks?"),
        ({"study": "mine"}, "gives the variable study, which follows from the file: take it out."),
        ({"last_permit_year": 2009}, "variable first_permit_year is 2010 and last_permit_year is 2009"),
        ({"last_permit_year": 2015}, "last_permit_year is 2015 and the data end in the week of 2014-12-22"),
        ({"window_weeks": 300}, "window_weeks is 300 and the data end in the week of 2014-12-22"),
        ({"dream_version": 201413}, "dream_version is 201413 and the data end in the week of 2014-12-22"),
        ({"dream_version": 201411}, "give the year and month of the version that holds that week, 201412"),
        ({"further_grounds": ["work"]}, "variable further_grounds is ['work']: give a list of the values of"),
        ({"programme_rule": "short"}, "variable programme_rule is 'short': give one of the values of"),
        ({"lpr3_from": "2019"}, "variable lpr3_from is '2019': give a day, such as \"2019-03-01\"."),
        ({"price_year": 1999}, "variable price_year is 1999: give one of the values of year in"),
    ],
)
def test_a_mistake_in_a_study_is_one_sentence(project, changes, words):
    folder, write = project
    of_the_file = {key: changes[key] for key in changes if key in (*studies.KEYS, "titel_da")}
    write(**of_the_file, variables={key: changes[key] for key in changes if key not in of_the_file})
    said = refused(folder)
    assert len(said) == 1
    assert said[0].startswith("studies/mine.yml") and words in said[0]


def test_what_is_no_study_is_one_sentence(project):
    folder, _ = project
    (said,) = refused(folder, "2010-2014")
    assert said.startswith("study 2010-2014 is not known: did you mean 2010-2013? studies/ has kora_2017, ")
    (folder / "studies/mine.yml").write_text("title_da: [", encoding="utf-8")
    assert "studies/mine.yml is no YAML" in refused(folder)[0]
    (folder / "studies/mine.yml").write_text("words", encoding="utf-8")
    assert "studies/mine.yml has no keys" in refused(folder)[0]


def test_the_report_s_file_may_give_no_variables(project):
    folder, _ = project
    path = folder / f"studies/{DEFAULT_STUDY}.yml"
    path.write_text(
        path.read_text("utf-8").replace("variables: {}", "variables: {gap_weeks: 2}"), encoding="utf-8"
    )
    assert "stand in dbt_project.yml" in refused(folder, DEFAULT_STUDY)[0]


def test_a_study_has_files_of_its_own_and_its_variables_reach_dbt(monkeypatch):
    monkeypatch.delenv("VFM_BUILD", raising=False)
    monkeypatch.delenv("VFM_RESULTS", raising=False)
    monkeypatch.delenv("VFM_STUDY", raising=False)
    assert studies.with_variables(["build"]) == ["build"]
    assert Paths.from_environment(PROJECT).results == PROJECT / "vfm.duckdb"
    monkeypatch.setenv("VFM_STUDY", THIRD)
    paths = Paths.from_environment(PROJECT)
    assert (paths.build, paths.results) == (PROJECT / f"build_{THIRD}", PROJECT / f"vfm_{THIRD}.duckdb")
    *command, values = studies.with_variables(["build", "--vars", "{gap_weeks: 3}"])
    assert command == ["build", "--vars"]
    assert json.loads(values) == studies.read_study(THIRD).variables | {"gap_weeks": 3}
    assert studies.in_force()["last_permit_year"] == 2013


def test_dbt_with_the_variables_of_another_study_is_refused(tmp_path):
    done = preloaded.run(
        [sys.executable, "-m", "dbt.cli.main", "run", "--select", "int_calendar_weeks"]
        + ["--target-path", str(tmp_path / "target"), "--log-path", str(tmp_path / "logs")],
        cwd=PROJECT,
        env=os.environ | {"VFM_STUDY": THIRD, "VFM_BUILD": str(tmp_path / "build")},
        capture_output=True,
        text=True,
    )
    assert done.returncode != 0
    assert "VFM_STUDY is 2010-2013, and the variables are those of kora_2017" in done.stdout


@pytest.fixture(scope="session")
def third(tmp_path_factory):
    """A study of other years, built from the shipped registers, with its page."""

    def make(folder):
        world = types.SimpleNamespace(folder=folder)
        run(world, "vfm.build", "--vars", json.dumps(FEWER))
        run(world, "vfm.pages.report", "--to", folder / "report")

    return made_once(tmp_path_factory, "third_study", make)


def environment(folder):
    """Environment of a command that works on the third study."""
    return os.environ | {
        "VFM_STUDY": THIRD,
        "VFM_BUILD": str(folder / "build"),
        "VFM_RESULTS": str(folder / "vfm.duckdb"),
        "OPENBLAS_NUM_THREADS": "1",
    }


def run(world, *arguments):
    """Run a command of the project on the third study."""
    done = preloaded.run(
        [sys.executable, "-m", *map(str, arguments)],
        cwd=PROJECT,
        env=environment(world.folder),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    return done.stdout


def test_every_term_of_another_study_is_estimated(third):
    with duckdb.connect(str(third / "build/warehouse.duckdb"), read_only=True) as con:
        found = con.sql("select sex, term, status from intermediate.int_cox_coefficients").fetchall()
        levels = con.sql("select distinct spell_start_year from intermediate.int_spell_covariates").fetchall()
    assert {status for *_, status in found} == {"estimated"}
    assert {term for _, term, _ in found if term.startswith("permit_year")} == {
        f"permit_year_{year}" for year in (2011, 2012, 2013)
    }
    assert {level for (level,) in levels} == {"2010", "2011", "2012", "2013"}


@pytest.mark.parametrize("page", ["index.html", "en.html"])
def test_the_page_of_another_study_says_no_year_of_the_report(third, page):
    html = (third / "report" / page).read_text(encoding="utf-8")
    html = re.sub(r'(?s)<script type="module">.*?</script>', " ", html)  # Vega's own code
    words = re.sub(r"[0-9a-f]{8,}", " ", html)  # the commit
    assert "2010–2013" in words
    found = [
        words[max(each.start() - 80, 0) : each.end() + 80] for each in re.finditer(r"\b(2008|2015)\b", words)
    ]
    assert found == []


def test_another_study_says_what_it_is_and_is_compared_with_nothing_printed(third):
    results = read_results(third / "vfm.duckdb")
    assert not results.is_compared_with_print
    with duckdb.connect(str(third / "vfm.duckdb"), read_only=True) as con:
        assert con.sql("select study, compare_with_print from meta.study").fetchall() == [(THIRD, False)]
        tables = {name for (name,) in con.sql("select table_name from duckdb_tables()").fetchall()}
        amounts = con.sql(
            """
            select distinct price_year, million_dkk is null, million_dkk_2015_prices is null
            from report.table_4_1
            """
        ).fetchall()
        comments = con.sql("select comment from duckdb_columns() where comment is not null").fetchall()
    assert not tables & {"published_comparison", "comparison_summary", "published_criteria"}
    assert amounts == [(2014, False, True)]
    wrong = {
        said for (said,) in comments if "2015 prices" in said and "under the name of the report" not in said
    }
    assert wrong == set()


def test_unit_tests_of_what_names_years_pass_in_another_study(third, monkeypatch):
    paths = Paths(project=PROJECT, build=third / "units", results=third / "vfm.duckdb")
    monkeypatch.setenv("VFM_STUDY", THIRD)
    choice = ["test", "--select", *OF_YEARS, "--exclude", "test_type:data", "--log-level", "error"]
    status, errors, plain = listen(paths, choice, lambda event: None, {"VFM_BUILD": str(third / "build")})
    assert (status, errors, plain) == (0, [], [])
    results = json.loads((paths.target / "run_results.json").read_text(encoding="utf-8"))["results"]
    of_tests = [each["status"] for each in results if each["unique_id"].startswith("unit_test.")]
    assert len(of_tests) > 60
    assert set(of_tests) == {"pass"}


def test_registers_moved_by_eight_years_give_the_same_indicators(small, tmp_path):
    """All years and weeks alike: only the four days differ by which weeks and dates come apart."""
    moved_registers.move_registers(small.folder / "registers", tmp_path / "registers")
    moved_registers.move_accounts(small.folder / "statbank", tmp_path / "statbank")
    paths = Paths(project=PROJECT, build=tmp_path / "build", results=tmp_path / "vfm.duckdb")
    values = small_world.setting() | moved_registers.moved_years(variables.of_project(PROJECT))
    places = {"VFM_REGISTERS": "registers", "VFM_STATBANK": "statbank", "VFM_BUILD": "build"}
    choice = ["--exclude-resource-type", "unit_test", "test", "--vars", json.dumps(values)]
    choice += ["--select", "+int_benchmark_indicators", "+int_cox_coefficients"]
    run_dbt(paths, io.StringIO(), choice, {name: str(tmp_path / place) for name, place in places.items()})
    correlation, farthest, _, missing = moved_registers.compared(
        small.build / "warehouse.duckdb", paths.warehouse
    )
    assert correlation >= 0.99
    assert farthest <= 1
    assert missing.empty
