"""Fixtures that tests of several rooms share."""

import pytest
import small_world

#: What takes longest, first: a worker takes a file at a time, and no core idles if the last ones are short.
LONG = [
    "test_second_setting",
    "test_machine",
    "test_refusals",
    "test_report",
    "test_person_level_tables",
    "test_lineage",
    "test_report_browser",
    "test_build_errors",
    "test_privacy",
    "test_statbank",
    "test_sensitivity",
    "test_shards",
]


def pytest_collection_modifyitems(items):
    """Put the long files first; within a file the order stays."""
    places = {name: place for place, name in enumerate(LONG)}
    items.sort(key=lambda item: places.get(item.path.stem, len(LONG)))


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    """The small world, built once a session under the small setting, whichever worker asks first."""
    base = tmp_path_factory.getbasetemp()
    if base.name.startswith("popen-"):  # of pytest-xdist: each worker has a folder within the session's
        base = base.parent
    return small_world.made_once(base / "small_world")
