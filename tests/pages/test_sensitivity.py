"""make sensitivity: its list, its comparison, what it refuses; nothing stale or half-made is shown."""

import io
import json
import os
import re
import shutil
import stat
from contextlib import closing
from functools import cache

import duckdb
import numpy as np
import pandas as pd
import preloaded
import pytest
import yaml
from published_results import results_of_the_shipped_data

from vfm import sensitivity
from vfm.pages.sensitivity import PAGE, sensitivity_page, write_sensitivity
from vfm.pages.writing import shipped_origin
from vfm.warehouse import alternative_builds, alternatives, dbt_runs, provenance
from vfm.warehouse.machine import BuildError, Stopped
from vfm.warehouse.paths import PROJECT, Paths
from vfm.warehouse.yaml_files import read_yaml

ROOT = PROJECT
SHIPPED = shipped_origin()
LISTED = alternatives.listed()
VARIABLES = alternatives.project_variables()
BUILD_INFO = {
    "data_origin": SHIPPED,
    "accounts_origin": SHIPPED,
    "register_fingerprint": "r",
    "accounts_fingerprint": "a",
    "code_fingerprint": "c",
}


# ---- the list


def test_alternatives_are_complete_and_each_has_its_name():
    assert len({each.name for each in LISTED}) == len(LISTED) >= 11
    for each in LISTED:
        assert each.label_da and each.label_en and each.label_da != each.label_en and each.asks.endswith(".")
        assert each.indicators and set(each.indicators) <= set(alternatives.INDICATORS)
        assert bool(each.vars) == bool(each.changes) == (each.analysis not in alternatives.ANALYSES), (
            each.name
        )


@pytest.mark.parametrize("each", [each for each in LISTED if each.vars], ids=lambda each: each.name)
def test_every_variable_exists_and_is_asked_for_another_value_of_its_type(each):
    for name, value in each.vars.items():
        assert name in VARIABLES
        assert value != VARIABLES[name] and type(value) is type(VARIABLES[name])


@cache
def files_of_models():
    """{model: its SQL or Python, with the config of its yml and the macros it calls, all as one text}."""
    macros = {}
    for path in (ROOT / "macros").rglob("*.sql"):
        for part in re.split(r"(?={%-?\s*macro )", path.read_text(encoding="utf-8")):
            if found := re.match(r"{%-?\s*macro (\w+)", part):
                macros[found[1]] = part
    texts = {}
    for folder in ("models", "python_models"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in (".sql", ".py"):
                texts[path.stem] = path.read_text(encoding="utf-8") + texts.get(path.stem, "")
            elif path.suffix == ".yml":
                for model in (read_yaml(path) or {}).get("models", []):
                    texts[model["name"]] = texts.get(model["name"], "") + str(model.get("config", ""))
    for name, text in texts.items():
        waiting, called = [text], set()
        while waiting:
            for macro in set(re.findall(r"\w+", waiting.pop())) & macros.keys() - called:
                called.add(macro)
                waiting.append(macros[macro])
        texts[name] = text + "".join(macros[macro] for macro in called)
    return texts


@pytest.mark.parametrize("each", [each for each in LISTED if each.vars], ids=lambda each: each.name)
def test_everything_behind_the_indicators_that_reads_the_variable_is_rebuilt(each):
    texts = files_of_models()
    parents = {name: set(re.findall(r"ref\(['\"](\w+)", text)) & texts.keys() for name, text in texts.items()}

    @cache
    def ancestors(name):
        return {name}.union(*(ancestors(parent) for parent in parents[name]))

    behind = set.union(*map(ancestors, alternatives.WANTED))
    readers = {
        name for name in behind for variable in each.vars if re.search(rf"var\('{variable}'", texts[name])
    }
    assert readers
    assert set(each.changes) <= behind
    assert {name for name in readers if not ancestors(name) & set(each.changes)} == set()


# ---- the comparison


def rows(values, ranks=None, positions=None, quintiles=None):
    """Rows of one indicator for municipalities 101, 102, ...; a value of None leaves the municipality out."""
    codes = [str(101 + number) for number in range(len(values))]
    frame = pd.DataFrame(
        {
            "municipality_code": codes,
            "value": values,
            "rank": ranks if ranks is not None else pd.Series(values, dtype=float).rank(),
            "position": positions if positions is not None else "around",
            "quintile": quintiles if quintiles is not None else 1,
        }
    )
    return frame[pd.Series(values, dtype=float).notna()].astype(object)


def test_a_comparison_by_hand():
    found = alternatives.compare(
        rows([1.0, 1.1, 1.2, 0.9], positions=["around", "above", "above", "below"], quintiles=[3, 2, 1, 4]),
        rows([1.0, 1.3, 1.2, 0.8], positions=["around", "above", "around", "below"], quintiles=[3, 1, 2, 4]),
    )
    assert found["municipalities"] == found["municipalities_in_both"] == 4
    assert found["rank_correlation"] == pytest.approx(1 - 6 * 2 / (4 * 15))
    assert (found["position_changes"], found["quintile_changes"]) == (1, 2)
    assert found["mean_absolute_change"] == pytest.approx((0.2 + 0.1) / 4)


def test_equal_values_share_their_rank():
    found = alternatives.compare(rows([1.0, 1.0, 2.0]), rows([1.0, 2.0, 3.0]))
    assert found["rank_correlation"] == pytest.approx(np.corrcoef([1.5, 1.5, 3], [1, 2, 3])[0, 1])


def test_only_municipalities_in_both_count():
    found = alternatives.compare(
        rows([1.0, 2.0, 3.0, None], quintiles=[1, 2, 3, 4]),
        rows([5.0, 2.0, None, 4.0], quintiles=[2, 2, 3, 4]),
    )
    assert (found["municipalities"], found["municipalities_in_both"]) == (3, 2)
    assert found["quintile_changes"] == 1
    assert found["mean_absolute_change"] == 2
    assert found["rank_correlation"] is None, "two municipalities have no order to compare"


def test_an_unknown_position_is_no_change():
    found = alternatives.compare(
        rows([1.0, 2.0, 3.0], positions=["above", None, "around"]),
        rows([1.0, 2.0, 3.0], positions=["below", "above", None]),
    )
    assert found["position_changes"] == 1


def test_too_little_to_compare_gives_no_number():
    nothing = alternatives.compare(rows([1.0, 2.0, 3.0], positions=None), rows([None, None, None]))
    assert nothing["municipalities_in_both"] == 0
    assert {nothing[name] for name in list(nothing)[2:]} == {None}
    equal = alternatives.compare(rows([1.0, 1.0, 1.0]), rows([1.0, 2.0, 3.0]))
    assert equal["rank_correlation"] is None


def test_the_corner_of_the_map_is_uncertain_where_one_position_is():
    assert alternatives.quadrant("above", "below") == "above, below"
    assert alternatives.quadrant("around", "below") == alternatives.quadrant("above", "around") == "uncertain"
    assert alternatives.quadrant(None, "below") is None


def test_fifths_are_as_even_as_possible():
    assert alternatives.quintiles(pd.Series([3.0, 1.0, 2.0, 5.0, 4.0, 6.0])).tolist() == [3, 1, 2, 5, 4, 5]


# ---- what is kept of which build


def indicators(count=12):
    """The tables behind a state, of made-up municipalities."""
    rng = np.random.default_rng(1)
    codes = [str(101 + number) for number in range(count)]
    benchmark = pd.DataFrame(
        {
            "municipality_code": codes,
            "spells": 100,
            "benchmark_indicator": rng.normal(1, 0.1, count),
            "absolute_difference_weeks": rng.normal(0, 10, count),
            "position": "around",
            "quintile": 1,
        }
    )
    benchmark["rank"] = benchmark["benchmark_indicator"].rank(ascending=False).astype(int)
    expenditure = pd.DataFrame(
        {
            "municipality_code": codes,
            "expenditure_indicator": rng.normal(1, 0.2, count),
            "position": "around",
            "quintile": 1,
        }
    )
    return benchmark, expenditure


@pytest.fixture
def result(tmp_path):
    """A file as a run keeps it, in which no alternative changes anything."""
    state = alternatives.state(*indicators())
    path = tmp_path / "sensitivity.json"
    marks = alternatives.fingerprints(BUILD_INFO)
    alternatives.keep_states(path, marks, {each.name: state for each in LISTED})
    return path


def table(path, **changed):
    return alternatives.comparison(pd.DataFrame([BUILD_INFO | changed]), *indicators(), path=path)


def test_what_changes_nothing_is_said_to(result):
    found = table(result)
    assert list(found.columns) == list(alternatives.COLUMNS)
    assert len(found) == sum(len(each.indicators) for each in LISTED)
    assert not found.duplicated(["alternative", "indicator"]).any()
    assert found["alternative_number"].is_monotonic_increasing
    assert np.allclose(found["rank_correlation"], 1)
    assert (found["municipalities_in_both"] == 12).all()
    assert (found["position_changes"] == 0).all()
    assert (found["mean_absolute_change"] == 0).all()
    assert found.loc[found["indicator"] == "efficiency", "quintile_changes"].isna().all()


@pytest.mark.parametrize("mark", alternatives.MARKS)
def test_the_results_of_another_build_are_not_shown(result, mark):
    found = table(result, **{mark: "another"})
    assert list(found.columns) == list(alternatives.COLUMNS) and found.empty


def test_the_results_of_another_list_are_not_shown(result, monkeypatch, tmp_path):
    other = tmp_path / "other.toml"
    other.write_text(alternatives.LIST.read_text(encoding="utf-8") + "# changed\n", encoding="utf-8")
    monkeypatch.setattr(alternatives, "LIST", other)
    assert table(result).empty


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"fingerprints": 1}'])
def test_a_file_that_is_no_result_shows_nothing(tmp_path, content):
    (tmp_path / "sensitivity.json").write_text(content)
    assert table(tmp_path / "sensitivity.json").empty
    assert table(tmp_path / "nowhere.json").empty


def test_the_fingerprint_of_the_code_changes_with_what_makes_the_tables(tmp_path):
    files = {
        "docs/a.md": False,
        "vfm/pages/report/page.py": False,
        "vfm/pages/sensitivity.py": False,
        "vfm/warehouse/shell.py": False,
        "vfm/warehouse/alternative_builds.py": False,
        "models/a.sql": True,
        "macros/method/a.sql": True,
        "python_models/a.py": True,
        "seeds/classifications/a.csv": True,
        "dbt_project.yml": True,
        "vfm/statistics/cox.py": True,
        "vfm/statistics/frontier/fitting.py": True,
        "vfm/warehouse/alternatives.py": True,
    }
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("1")
    before = provenance.code_fingerprint(tmp_path)
    assert len(before) == 64
    for name, changes in files.items():
        (tmp_path / name).write_text("2")
        assert (provenance.code_fingerprint(tmp_path) != before) is changes, name
        (tmp_path / name).write_text("1")


def test_the_files_that_the_fingerprint_reads_are_those_the_model_reads():
    assert all(any(PROJECT.glob(pattern)) for pattern in provenance.CODE)


# ---- the run


def write_info(path, **changed):
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(duckdb.connect(str(path))) as con:
        con.execute("create schema if not exists meta; create schema if not exists report")
        info = pd.DataFrame([BUILD_INFO | changed])  # noqa: F841
        con.execute("create or replace table meta.build_info as from info")
        con.execute("create or replace table report.sensitivity as select 1 as x")
    return path


@pytest.fixture
def paths(tmp_path, monkeypatch):
    """A warehouse and a published file of one build, of the project and registers as they are."""
    monkeypatch.setattr(provenance, "code_fingerprint", lambda *_: "c")
    monkeypatch.setattr(provenance, "register_fingerprint", lambda *_: "r")
    found = Paths(project=tmp_path, build=tmp_path / "build", results=tmp_path / "vfm.duckdb")
    write_info(found.warehouse)
    write_info(found.results)
    return found


def refusal(paths):
    with pytest.raises(BuildError) as refused:
        alternative_builds.build_alternatives(paths, io.StringIO())
    return str(refused.value)


def test_without_a_warehouse_it_says_which_command_makes_one(paths):
    paths.warehouse.unlink()
    assert refusal(paths).startswith("There is no build/warehouse.duckdb yet, ")
    shutil.rmtree(paths.build)
    assert "make build makes it" in refusal(paths)


def test_without_a_published_file_it_says_which_command_writes_one(paths):
    paths.results.unlink()
    assert refusal(paths).startswith("There is no vfm.duckdb to publish the comparison in: make build")


def test_two_builds_are_not_mixed(paths):
    write_info(paths.results, code_fingerprint="of before")
    assert refusal(paths) == "vfm.duckdb and build/warehouse.duckdb are of two builds: run make build again."


def test_an_older_warehouse_is_refused(paths):
    for path in (paths.warehouse, paths.results):
        with closing(duckdb.connect(str(path))) as con:
            con.execute("alter table meta.build_info drop column code_fingerprint")
    assert refusal(paths).startswith("build/warehouse.duckdb is of another version of the project")
    with closing(duckdb.connect(str(paths.warehouse))) as con:
        con.execute("drop table meta.build_info")
    assert refusal(paths).startswith("build/warehouse.duckdb does not say what it was built from")


@pytest.mark.parametrize(
    ("what", "said"),
    [("code", "The project has changed since"), ("register", "The registers are not those that")],
)
def test_a_warehouse_of_other_code_or_registers_is_refused(paths, monkeypatch, what, said):
    monkeypatch.setattr(provenance, f"{what}_fingerprint", lambda *_: "another")
    assert refusal(paths).startswith(said)
    assert "make build again, then make sensitivity" in refusal(paths)


@pytest.mark.parametrize("problem", [BuildError("it failed"), KeyboardInterrupt(), Stopped(15)])
@pytest.mark.parametrize("last", [False, True])
def test_a_failure_or_interruption_leaves_everything_as_it_was(paths, monkeypatch, problem, last):
    def ends(paths, alternative, folder):
        folder.mkdir(parents=True)
        (folder / "warehouse.duckdb").touch()
        if not last or alternative.name == [each for each in LISTED if each.vars][-1].name:
            raise problem
        return alternatives.state(*indicators())

    monkeypatch.setattr(alternative_builds, "rebuild", ends)
    before = {path: path.read_bytes() for path in (paths.warehouse, paths.results)}
    with pytest.raises(type(problem)):
        alternative_builds.build_alternatives(paths, io.StringIO())
    assert {path: path.read_bytes() for path in before} == before
    assert sorted(path.name for path in paths.build.iterdir()) == ["lock", "warehouse.duckdb"]
    assert sorted(path.name for path in paths.project.iterdir()) == ["build", "vfm.duckdb"]


def test_the_command_says_in_sentences_what_failed_and_what_is_still_published(paths, monkeypatch, capsys):
    monkeypatch.setattr(Paths, "from_environment", lambda _: paths)
    paths.warehouse.unlink()
    assert sensitivity.main([]) == 1
    said = capsys.readouterr().err
    assert "There is no build/warehouse.duckdb yet" in said
    assert "Nothing was published; the results of" in said and "Traceback" not in said


def test_an_alternative_is_built_in_a_copy_that_is_the_owners_alone(paths, monkeypatch):
    seen = {}

    def run_dbt(copy, stream, choice, variables):
        seen.update(variables=variables, choice=choice, copy=copy)
        seen["modes"] = [stat.S_IMODE(path.stat().st_mode) for path in (copy.build, copy.warehouse)]

    monkeypatch.setattr(alternative_builds, "run_dbt", run_dbt)
    monkeypatch.setattr(
        alternative_builds, "state_of_warehouse", lambda con: con.sql("from meta.build_info").fetchall()
    )
    each = next(each for each in LISTED if each.name == "minimum_spells_50")
    old = os.umask(0o077)
    try:
        alternative_builds.rebuild(paths, each, paths.build / "sensitivity/at_work")
    finally:
        os.umask(old)
    assert seen["copy"].warehouse == paths.build / "sensitivity/at_work/warehouse.duckdb"
    assert seen["variables"] == {"VFM_BUILD": str(paths.build / "sensitivity/at_work")}
    assert seen["modes"] == [0o700, 0o600]
    choice = list(seen["choice"])
    assert json.loads(choice[choice.index("--vars") + 1]) == {"minimum_spells": 50}
    assert "int_cox_input+,+int_benchmark_indicators" in choice and "test" in choice


def test_what_fails_names_its_alternative(paths, monkeypatch):
    def run_dbt(*_):
        raise BuildError("model int_cox_coefficients: too few", "The full log is build/logs/dbt.log.")

    monkeypatch.setattr(alternative_builds, "run_dbt", run_dbt)
    with pytest.raises(BuildError) as failed:
        alternative_builds.rebuild(paths, LISTED[1], paths.build / "sensitivity/at_work")
    assert failed.value.args == (
        "At least 50 spells cannot be built:",
        "model int_cox_coefficients: too few",
    )


def test_a_run_publishes_the_table_and_removes_the_copies(paths, monkeypatch):
    state = alternatives.state(*indicators())
    monkeypatch.setattr(
        alternative_builds, "rebuild", lambda paths, each, folder: folder.mkdir(parents=True) or state
    )
    monkeypatch.setattr(
        alternative_builds, "ANALYSES", dict.fromkeys(alternatives.ANALYSES, lambda con: state)
    )

    def build_table(paths, folder):
        info = pd.DataFrame([BUILD_INFO])
        made = alternatives.comparison(info, *indicators(), path=paths.build / alternatives.KEPT)  # noqa: F841
        with closing(duckdb.connect(str(paths.warehouse))) as con:
            con.execute("create or replace table report.sensitivity as from made")

    monkeypatch.setattr(alternative_builds, "build_table", build_table)
    [model] = yaml.safe_load((ROOT / "python_models/report/sensitivity.yml").read_text(encoding="utf-8"))[
        "models"
    ]
    columns = {column["name"]: column for column in model["columns"]}
    node = {"resource_type": "model", "schema": "report", "alias": "sensitivity", "config": model["config"]}
    paths.target.mkdir()
    manifest = json.dumps({"nodes": {"model.sensitivity": node | {"columns": columns}}})
    (paths.target / "manifest.json").write_text(manifest, encoding="utf-8")
    stream = io.StringIO()
    alternative_builds.build_alternatives(paths, stream)
    page = write_sensitivity(paths.results, paths.project, paths.build)
    assert page == paths.build / "sensitivity.md", "the project has no docs/ of its own"
    text = page.read_text(encoding="utf-8")
    assert f"Data: **{SHIPPED}**" in text and "| Efron ties |" in text and "1.000" in text
    assert "0 of 9 alternatives built, Efron ties" in stream.getvalue()
    assert re.search(r"1 of 9 alternatives built, \d+ (s|min) left: Efron ties", stream.getvalue())
    kept = {"lock", "warehouse.duckdb", "sensitivity.json", "sensitivity.md", "target"}
    assert {path.name for path in paths.build.iterdir()} == kept
    assert stat.S_IMODE((paths.build / "sensitivity.json").stat().st_mode) == 0o600
    with closing(duckdb.connect(str(paths.results), read_only=True)) as con:
        assert con.sql("select count(*) from report.sensitivity where alternative_number > 0").fetchone() == (
            sum(len(each.indicators) for each in LISTED),
        )
        nulls = "select count(*) from report.sensitivity where quintile_changes is null"
        assert con.sql(nulls).fetchone() == (sum("efficiency" in each.indicators for each in LISTED),)


# ---- of the whole build


def test_the_page_says_what_the_published_table_says():
    with results_of_the_shipped_data() as con:
        found = con.execute(
            "select count(*) from duckdb_tables() where schema_name = 'report' and table_name = 'sensitivity'"
        ).fetchone()
        if found == (0,) or con.sql("select count(*) from report.sensitivity").fetchone() == (0,):
            pytest.skip("make sensitivity was not run after this build")
        page = ROOT / "docs" / PAGE
        assert page.read_text(encoding="utf-8") == sensitivity_page(con), "make sensitivity writes it anew"


@pytest.fixture(scope="module")
def whole():
    found = Paths.from_environment(ROOT)
    if not found.warehouse.exists():
        pytest.skip(f"there is no whole build in {found.build}: make build first")
    return found


def test_the_state_of_a_build_is_that_of_its_tables(whole):
    with closing(duckdb.connect(str(whole.warehouse), read_only=True)) as con:
        state = alternatives.state_of_warehouse(con)
        found = state[state["indicator"] == "efficiency"].set_index("municipality_code")
        built = con.sql(
            "select municipality_code, coalesce(level_efficiency, 1) as level_efficiency, "
            "report_rank, quadrant "
            "from efficiency.frontier_efficiencies "
            "inner join efficiency.efficiency_map using (municipality_code) "
            "where side = 'production' and distribution = 'half_normal'"
        ).df()
    built = built.set_index("municipality_code").loc[found.index]
    assert len(found) > 50
    np.testing.assert_allclose(found["value"].astype(float), built["level_efficiency"], rtol=1e-9)
    assert (found["rank"].astype(int) == built["report_rank"]).all()
    words = {"above": ("high_result", "high_cost"), "below": ("low_result", "low_cost")}
    corners = found["position"].map(
        lambda corner: (
            corner
            if corner == "uncertain"
            else "_".join(words[word][place] for place, word in enumerate(corner.split(", ")))
        )
    )
    assert (corners == built["quadrant"]).all()


def test_an_alternative_that_is_the_default_gives_the_default(whole, tmp_path, monkeypatch):
    """Real dbt in a copy: from the spells on, every table behind the indicators comes out as in the build."""
    default = {name: VARIABLES[name] for name in ("success_weeks", "gap_weeks", "restart_after_move", "ties")}
    same = alternatives.Alternative(
        "same", "", "", "", [], vars=default, changes=["int_success_weeks", "int_spell_candidates"]
    )
    with closing(duckdb.connect(str(whole.warehouse), read_only=True)) as con:
        state = alternatives.state_of_warehouse(con)
    monkeypatch.setattr(dbt_runs, "subprocess", preloaded.FORKING)
    found = alternative_builds.rebuild(whole, same, tmp_path / "copy")
    pd.testing.assert_frame_equal(found, state)
