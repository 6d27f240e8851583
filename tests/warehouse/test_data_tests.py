"""make test leaves out the data tests only where a whole build has just passed them on this warehouse."""

import json
import os

import pytest
from data_tests import SKIP_DATA_TESTS, options

from vfm.warehouse.paths import Paths

BEGAN, ENDED = 1_700_000_000, 1_700_000_060
NODES = {"model.p.m": "model", "test.p.one": "test", "test.p.two": "test", "unit_test.p.u": "unit_test"}


@pytest.fixture
def build(tmp_path):
    """A build folder after a build that passed, and what the build read."""
    paths = Paths(tmp_path, tmp_path / "build", tmp_path / "vfm.duckdb")
    paths.target.mkdir(parents=True)
    nodes = {name: {"resource_type": kind} for name, kind in NODES.items()}
    (paths.target / "manifest.json").write_text(json.dumps({"nodes": nodes}))
    paths.warehouse.touch()
    (tmp_path / "models").mkdir()
    (tmp_path / "models/m.sql").touch()
    os.utime(tmp_path / "models/m.sql", (BEGAN - 60, BEGAN - 60))
    os.utime(paths.warehouse, (ENDED + 1, ENDED + 1))
    ran(paths)
    return paths


def ran(paths, command="build", variables=None, **statuses):
    """Write how dbt ended: {test: status}, all passed unless said otherwise."""
    results = [
        {
            "unique_id": f"test.p.{name}",
            "status": status,
            "timing": [{"started_at": "2023-11-14T22:13:20.5Z"}],
        }
        for name, status in ({"one": "pass", "two": "warn"} | statuses).items()
        if status
    ]
    path = paths.target / "run_results.json"
    path.write_text(json.dumps({"args": {"which": command, "vars": variables or {}}, "results": results}))
    os.utime(path, (ENDED, ENDED))


def asked(paths):
    return options(paths, [paths.project / "models"])


def test_after_a_build_that_passed_unit_tests_are_left(build):
    assert asked(build) == SKIP_DATA_TESTS


@pytest.mark.parametrize(
    "changed",
    [{"one": "fail"}, {"one": "error"}, {"one": "skipped"}, {"two": None},
     {"command": "run"}, {"command": "test"}, {"variables": {"window_weeks": 130}}],
    ids=str,
)  # fmt: skip
def test_where_not_all_passed_in_a_default_build_everything_is_run(build, changed):
    ran(build, **changed)
    assert asked(build) == ""


def test_a_warehouse_or_a_file_touched_since_is_tested_again(build):
    os.utime(build.project / "models/m.sql", (BEGAN + 1, BEGAN + 1))
    assert asked(build) == ""
    os.utime(build.project / "models/m.sql", (BEGAN - 60, BEGAN - 60))
    os.utime(build.warehouse, (ENDED + 60, ENDED + 60))
    assert asked(build) == ""


@pytest.mark.parametrize("missing", ["target/run_results.json", "target/manifest.json", "warehouse.duckdb"])
def test_without_what_a_build_leaves_everything_is_run(build, missing):
    (build.build / missing).unlink()
    assert asked(build) == ""
