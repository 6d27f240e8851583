"""The warehouse that make build built: what dbt tests of it, and the simulator's truth for everybody.

Both take minutes, so they are two of the tests that pytest spreads over the cores.
"""

import os
import shutil
import sys
import tempfile
from pathlib import Path

import data_tests
import preloaded
import pytest

from vfm.warehouse.paths import PROJECT, Paths

PATHS = Paths.from_environment(PROJECT)
DBT = "import gc; gc.set_threshold(100_000, 50, 50); from dbt.cli.main import cli; cli()"

pytestmark = pytest.mark.skipif(not PATHS.warehouse.exists(), reason="no warehouse is built yet")


def ran(*command, **environment):
    """Run a command of Python on the project; return what it said where it ended well."""
    done = preloaded.run(
        [sys.executable, *command], cwd=PROJECT, env=os.environ | environment, capture_output=True, text=True
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return done.stdout


def test_unit_tests_pass_and_data_tests_unless_make_build_just_ran_them():
    """On a copy in the build folder: while dbt has a warehouse nobody else can read it."""
    options = data_tests.options_of_the_project(PATHS).split()
    with tempfile.TemporaryDirectory(dir=PATHS.build, prefix="tested-") as folder:
        target = Path(folder) / "target"
        target.mkdir()
        shutil.copy2(PATHS.warehouse, folder)
        if (PATHS.target / "partial_parse.msgpack").exists():
            shutil.copy2(PATHS.target / "partial_parse.msgpack", target)
        # one thread: it is Python that takes the time, and more only wait
        told = ["test", "--selector", "all", "--threads", "1", *options]
        places = ["--target-path", str(target), "--log-path", folder]
        said = ran("-c", DBT, "--no-use-colors", *told, *places, VFM_BUILD=folder)
    assert "ERROR=0" in said and "PASS=0" not in said


def test_everybody_is_in_the_warehouse_as_the_simulator_made_them():
    assert ran("-m", "vfm.synthetic.verify.truth_check")
