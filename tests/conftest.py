"""Fixtures that tests of several rooms share."""

import fcntl

import pytest
import small_world

from vfm.pages.report import __main__ as report
from vfm.pages.report.tables import read_results
from vfm.warehouse import published

#: What takes longest, first: a worker takes a file at a time, and no core idles if the last ones are short.
LONG = [
    "test_second_setting",  # makes the small world, for which others wait
    "test_built_warehouse",  # looks at what make build left in its target, where test_lineage writes
    "test_studies",  # builds another study from the shipped registers
    "test_machine",
    "test_refusals",
    "test_profile",
    "test_attack",
    "test_mounting",
    "test_lineage",
    "test_report_browser",
    "test_report",
    "test_privacy",
    "test_build_errors",
    "test_statbank",
    "test_person_level_tables",
    "test_arguments",
    "test_sensitivity",
    "test_shards",
    "test_mutations",
    "test_releases",
    "test_calibration",
    "test_blocks",
    "test_publish",
    "test_frontier",
    "test_second_stage",
]


def pytest_collection_modifyitems(items):
    """Put the long files first; within a file the order stays."""
    places = {name: place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: places.get(item.path.stem, len(LONG)))


def made_once(tmp_path_factory, name, make):
    """Have a folder filled once a session, by whichever worker asks first; the others wait and take it."""
    base = tmp_path_factory.getbasetemp()
    if base.name.startswith("popen-"):  # of pytest-xdist: each worker has a folder within the session's
        base = base.parent
    folder = base / name
    folder.mkdir(exist_ok=True)
    with open(base / f"{name}.lock", "a", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (base / f"{name}.made").exists():
            make(folder)
            (base / f"{name}.made").touch()
    return folder


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    """The small world, built under the small setting."""
    made = made_once(tmp_path_factory, "small_world", lambda folder: small_world.SmallWorld(folder).make())
    return small_world.SmallWorld(made)


@pytest.fixture(scope="session")
def report_folder(tmp_path_factory):
    """A folder with both report pages of the published results."""
    if not published.results().exists():
        pytest.skip("nothing is published yet")
    return made_once(
        tmp_path_factory,
        "report",
        lambda folder: report.write_pages(read_results(published.results()), folder),
    )
