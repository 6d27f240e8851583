"""What a variable of the method may be, and the sentence that refuses anything else."""

import datetime
import json
import sys

import preloaded
import pytest
from borrowed_project import SMALL_PROJECT, borrow

from vfm.privacy import redaction
from vfm.warehouse import failures, variables
from vfm.warehouse.paths import PROJECT, Paths

DEFAULTS = variables.of_project(PROJECT)


def refused(**changes):
    """The sentences about the project's variables with some of them changed."""
    return variables.refusals(DEFAULTS | changes)


def test_every_variable_is_declared_and_every_declaration_is_of_a_variable():
    assert list(variables.declared()) == list(DEFAULTS)


def test_the_defaults_are_as_declared():
    assert refused() == []


@pytest.mark.parametrize(
    "change",
    [
        {"window_weeks": 520, "success_hours_per_week": 37.5, "restart_after_move": True},
        {"success_hours_per_week": 37, "ties": "efron"},
        {"outlier_municipality": "101", "supplementary_groupings": ["001"]},
        {"outlier_municipality": ""},
        {"success_weeks": 104, "disclosure_limit": 50},
        {"minimum_age_years": 64},
    ],
)
def test_values_within_the_declaration_are_taken(change):
    assert refused(**change) == []


@pytest.mark.parametrize("name", DEFAULTS)
@pytest.mark.parametrize("value", [None, "abc", -1, 0.5, [], ["abc"], {"a": 1}], ids=repr)
def test_a_value_of_another_type_or_range_is_refused_in_one_sentence_that_names_the_variable(name, value):
    if name == "success_hours_per_week" and value == 0.5:
        value = 100.5  # half an hour is a number of hours
    if name == "study" and value == "abc":
        value = "../abc"  # abc is a name
    (sentence,) = refused(**{name: value})
    assert sentence.startswith(f"variable {name} is ")
    assert ": give " in sentence
    assert "\n" not in sentence


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"window_weeks": 0}, "variable window_weeks is 0: give a whole number of weeks from 14 to 520."),
        (
            {"window_weeks": True},
            "variable window_weeks is true: give a whole number of weeks from 14 to 520.",
        ),
        ({"minimum_spells": "100"}, "variable minimum_spells is '100': give a whole number of spells from 1"),
        ({"ties": "exact"}, "variable ties is 'exact': give breslow or efron."),
        ({"restart_after_move": "yes"}, "variable restart_after_move is 'yes': give true or false."),
        ({"data_end_week": "2016-08-23"}, "variable data_end_week is '2016-08-23': give a Monday, such as"),
        ({"data_end_week": "20160822"}, "variable data_end_week is '20160822': give a Monday, such as"),
        (
            {"outlier_municipality": "170"},
            "variable outlier_municipality is '170': give one of the values of",
        ),
        ({"price_year": 1999}, "variable price_year is 1999: give one of the values of year in"),
        (
            {"supplementary_groupings": [1]},
            "variable supplementary_groupings is [1]: give a list of the values",
        ),
        (
            {"windowweeks": 156},
            "variable windowweeks is not known: did you mean window_weeks? dbt_project.yml lists them.",
        ),
        ({"zzz": 1}, "variable zzz is not known: dbt_project.yml lists them."),
    ],
)
def test_the_sentence_says_what_to_give(change, said):
    (sentence,) = refused(**change)
    assert sentence.startswith(said)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"success_weeks": 104, "window_weeks": 60},
            "variable success_weeks is 104 and window_weeks is 60: ",
        ),
        ({"health_weeks": 200}, "variable health_weeks is 200 and window_weeks is 156: "),
        ({"minimum_age_years": 65}, "variable minimum_age_years is 65 and maximum_age_years is 64: "),
        ({"first_permit_year": 2016}, "variable first_permit_year is 2016 and last_permit_year is 2015: "),
        (
            {"last_expenditure_year": 2010},
            "variable first_expenditure_year is 2011 and last_expenditure_year",
        ),
        ({"disclosure_limit": 51}, "variable disclosure_limit is 51 and minimum_persons is 50: "),
    ],
)
def test_variables_that_contradict_each_other_are_refused(change, said):
    (sentence,) = refused(**change)
    assert sentence.startswith(said)


def test_a_date_without_quotation_marks_is_a_date():
    assert refused(data_end_week=datetime.date(2016, 8, 22)) == []


def test_the_build_refuses_before_it_touches_anything(tmp_path):
    build = tmp_path / "build"
    done = preloaded.run(
        [sys.executable, "-m", "vfm.build", "--vars", "{windowweeks: 3, gap_weeks: 0}"],
        cwd=PROJECT,
        env={"VFM_BUILD": str(build), "VFM_RESULTS": str(tmp_path / "vfm.duckdb"), "PATH": ""},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    first, second = done.stderr.strip().splitlines()[:2]
    assert first.startswith("variable gap_weeks is 0") or first.startswith(
        "variable windowweeks is not known"
    )
    assert {first.split()[1], second.split()[1]} == {"gap_weeks", "windowweeks"}
    assert not build.exists()


def test_plain_dbt_refuses_before_any_model_runs(tmp_path):
    """In parts of the project, with all its variables: dbt reads them before it is refused."""
    project = borrow(tmp_path / "project", SMALL_PROJECT)
    environment = {"VFM_BUILD": str(tmp_path / "build"), "PYTHONPATH": str(PROJECT)}
    done = preloaded.run(
        [
            sys.executable, "-m", "dbt.cli.main", "--no-use-colors", "build", "--select", "build_info",
            "--vars", "{window_weeks: abc, supplementary_groupings: 3, gap_weeks: [], data_end_week: 3}",
            "--target-path", str(tmp_path / "target"), "--log-path", str(tmp_path / "logs"),
        ],
        cwd=project,
        env=environment | {"PATH": "", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
    )  # fmt: skip
    assert done.returncode != 0
    for name in ("window_weeks", "supplementary_groupings", "gap_weeks", "data_end_week"):
        assert f"variable {name} is " in done.stdout
    assert "OK created" not in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert not (tmp_path / "build/warehouse.duckdb").exists()


def test_a_limit_that_leaves_too_few_rows_is_the_only_sentence(tmp_path):
    said = "variable minimum_spells is 100: only 4 municipalities have as many spells. Lower it."
    wrapped = "Runtime Error in test the_second_stage_has_enough_municipalities (tests/x.sql)\n"
    wrapped += f"  Invalid Input Error: {said}"
    results = [
        {"unique_id": "test.p.quintiles.1", "status": "fail", "message": "Got 8 results, configured to fail"},
        {"unique_id": "test.p.enough.2", "status": "error", "message": wrapped},
    ]
    paths = Paths(tmp_path, tmp_path, tmp_path / "vfm.duckdb")
    paths.target.mkdir()
    (paths.target / "run_results.json").write_text(json.dumps({"results": results}), encoding="utf-8")
    assert failures.failures(paths, [], [])[:-1] == [said]
    assert redaction.of_duckdb(f"Invalid Input Error: {said}") == f"Invalid Input Error: {said}"
