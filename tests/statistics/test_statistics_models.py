"""Every Python model of the statistics, run without dbt on an in-memory database, against its yml."""

from functools import cache
from importlib import util
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
import simulation
import yaml
from cost_need_terms import COMPOSITION_TERMS, SHARES

from vfm.statistics import cost_need, frontier, indicator

ROOT = Path(__file__).parents[2]
MODELS = sorted(
    path
    for folder in ("intermediate", "benchmark", "efficiency")
    for path in (ROOT / "python_models" / folder).glob("*.py")
)
SETTINGS = {
    "ties": "breslow",
    "window_weeks": "156",
    "replicates": "3",
    "seed": "5",
    "outlier": "169",
    "draws": "9",
    "winsorised_share": "0.1",
    "disclosure_limit": "5",
}


class Config:
    """dbt's config: only what the yml of the model declares, the project's variables filled in."""

    def __init__(self, declared):
        self.declared = declared

    def get(self, name):
        return SETTINGS[name] if name in self.declared else None


class Dbt:
    def __init__(self, connection, declared):
        self.connection, self.config = connection, Config(declared)

    def ref(self, name):
        return self.connection.table(name)


def groups_of_refugees():
    """int_composition_groups of one family in two places, as simple as can be: refugees and the others."""
    return pd.DataFrame(
        {
            "municipality_code": np.repeat(["101", "all"], 2),
            "year": 2011,
            "place_is_withheld": False,
            "persons": 200,
            "person_days": 50_000,
            "family": "refugees",
            "whole": "everybody",
            "term": ["share_refugees", "rest_of_refugees"] * 2,
            "group_persons": 100,
            "share": 0.5,
            "is_few": False,
            "step": 0.01,
        }
    )


@cache
def inputs():
    rng = np.random.default_rng(0)
    spells = simulation.spells(1500, seed=2, levels=(3, 2), municipalities=9)
    cells = pd.DataFrame(
        {
            "municipality_code": np.repeat([str(150 + k) for k in range(40)], 3),
            "year": np.tile(np.arange(2011, 2014), 40),
            cost_need.OUTCOME: rng.normal(80_000, 10_000, 120),
        }
    )
    for term in SHARES:
        cells[term] = rng.random(120)
    x = np.exp(0.2 * rng.standard_normal(40))
    efficiency = pd.DataFrame(
        {
            "municipality_code": [str(150 + k) for k in range(40)],
            "spells": rng.integers(100, 900, 40),
            "benchmark_indicator": 0.95 + 0.05 * x + 0.03 * rng.standard_normal(40),
            "benchmark_standard_error": rng.uniform(0.01, 0.02, 40),
            "expenditure_indicator": x,
            "programme_persons": rng.integers(60, 900, 40),
        }
    )
    draws = pd.DataFrame(
        {
            "replicate": np.repeat([1, 2, 3], 9),
            "municipality_code": np.tile([f"{101 + 2 * k}" for k in range(9)], 3),
            "indicator": rng.random(27),
        }
    )
    codes = efficiency.municipality_code.to_numpy()
    variance = efficiency.benchmark_standard_error.to_numpy() ** 2
    uncertainty = pd.DataFrame(
        {
            "municipality_code": codes,
            "indicator": efficiency.benchmark_indicator,
            "log_standard_error": efficiency.benchmark_standard_error / efficiency.benchmark_indicator,
        }
    )
    covariances = pd.DataFrame(
        {
            "municipality_code": np.repeat(codes, 40),
            "other_municipality_code": np.tile(codes, 40),
            "covariance": np.diag(variance).ravel(),
        }
    )
    drawn = pd.concat(
        [
            efficiency[["municipality_code", "benchmark_indicator", "expenditure_indicator"]].assign(
                draw=k,
                expected_dkk=70_000.0,
                expenditure_indicator=efficiency.expenditure_indicator + 0.02 * k * rng.standard_normal(40),
            )
            for k in range(4)
        ]
    )
    outcomes = spells[
        ["spell_id", "person_id", "sex", "municipality_code", "duration_weeks", "is_success"]
    ].assign(outcome=np.where(spells.is_success, "success", "left"))
    predictors = spells[["spell_id", "sex", "is_benchmarked"]].assign(
        linear_predictor=spells.jobs, is_without_hazard=False
    )
    baseline = pd.DataFrame(
        {
            "sex": np.repeat(["men", "women"], 157),
            "week": np.tile(np.arange(157), 2),
            "survival": np.tile(np.linspace(1, 0.6, 157), 2),
        }
    )
    places = np.unique(np.concatenate([codes, spells["municipality_code"], draws["municipality_code"]]))
    return {
        "municipalities": pd.DataFrame({"municipality_code": places, "municipality_name": places}),
        "int_spells": outcomes,
        "int_linear_predictors": predictors,
        "int_indicator_draws": drawn,
        "cox_baseline": baseline,
        "int_cox_input": spells,
        "int_cox_results": indicator.cox_results(spells),
        "int_indicator_uncertainty": uncertainty,
        "int_indicator_covariance": covariances,
        "int_composition_terms": COMPOSITION_TERMS,
        "int_composition_groups": groups_of_refugees(),
        "int_cost_need_coefficients": pd.DataFrame(
            {"model": [3, 3], "term": ["share_refugees", "constant"], "coefficient_dkk": [9_000.0, 70_000.0]}
        ),
        "int_expenditure_need": pd.DataFrame(
            {
                "municipality_code": ["101"],
                "year": [2011],
                "actual_dkk": [74_500.0],
                "expected_dkk": [74_500.0],
                "expenditure_indicator": [1.0],
            }
        ),
        "int_expenditure_indicators": cells[["municipality_code"]].drop_duplicates(),
        "int_supplementary_indicators": cells[["municipality_code"]].drop_duplicates(),
        "int_cost_need_input": cells,
        "int_supplementary_cost_need_input": cells,
        "int_cost_need_results": cost_need.cost_need_results(cells, cells, COMPOSITION_TERMS),
        "int_efficiency_input": efficiency,
        "int_supplementary_efficiency_input": efficiency,
        "int_frontier_results": frontier.frontier_results(efficiency, drawn, 9),
        "int_bootstrap_indicators": draws,
    }


def run(path, *, empty):
    """The model's frame, and the description in its yml."""
    spec = util.spec_from_file_location(path.stem, path)
    module = util.module_from_spec(spec)
    spec.loader.exec_module(module)
    [description] = yaml.safe_load(path.with_suffix(".yml").read_text(encoding="utf-8"))["models"]
    connection = duckdb.connect()
    for name, frame in inputs().items():
        connection.register("frame", frame)
        connection.execute(f"create table {name} as select * from frame" + (" limit 0" if empty else ""))
        connection.unregister("frame")
    frame = module.model(Dbt(connection, description.get("config", {})), connection)
    return frame, description, connection


def stored(frame, description, connection):
    """The frame in a table typed from the yml, as py_write_table does."""
    columns = description["columns"]
    types = ", ".join(
        f'"{c["name"]}" {c["data_type"]}'
        + "".join(
            {"not_null": " not null", "primary_key": " primary key"}[k["type"]]
            for k in c.get("constraints", [])
        )
        for c in columns
    )
    connection.execute(f"create table result ({types})")
    connection.register("frame", frame)
    connection.execute("insert into result by name select * from frame")
    return connection.table("result").df()


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_a_model_fills_the_table_its_yml_declares(path):
    frame, description, connection = run(path, empty=False)
    assert description["name"] == path.stem
    assert [c["name"] for c in description["columns"]] == list(frame.columns)
    assert all(c["description"] and c["data_type"] for c in description["columns"])
    assert "Grain:" in description["description"] and "Primary key:" in description["description"]
    table = stored(frame, description, connection)
    assert len(table) == len(frame) > 0
    if "municipality_name" in table:
        assert (table["municipality_name"] == table["municipality_code"]).all()
    key = description["description"].split("Primary key: ")[1].split(".")[0].split(", ")
    assert not table.duplicated(key).any()


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_a_model_survives_empty_inputs(path):
    frame, description, connection = run(path, empty=True)
    assert [c["name"] for c in description["columns"]] == list(frame.columns)
    assert len(stored(frame, description, connection)) == 0


@pytest.mark.parametrize("path", MODELS, ids=lambda path: path.stem)
def test_a_model_is_one_screen_without_logic(path):
    lines = path.read_text(encoding="utf-8").splitlines()
    assert len(lines) <= 20
    body = "\n".join(lines)
    assert not any(word in body for word in (" if ", " for ", "while ", "import numpy", "import pandas"))
    assert ".order(" in body or "cox.read(" in body  # a table has no order of its own
