"""Fixtures that tests of several rooms share."""

import pytest
import small_world


@pytest.fixture(scope="session")
def small(tmp_path_factory):
    """The small world, built once a session under the small setting, whichever worker asks first."""
    base = tmp_path_factory.getbasetemp()
    if base.name.startswith("popen-"):  # of pytest-xdist: each worker has a folder within the session's
        base = base.parent
    return small_world.made_once(base / "small_world")
