"""Which tests of the warehouse make test still has to run: all, or the unit tests alone.

`make build` runs every data test as it builds. Where that was the last that dbt did here, all of them passed
and nothing was touched since, the same tests on the same tables would only say it again.
"""

import json
from datetime import datetime
from pathlib import Path

from vfm.warehouse.paths import PROJECT, Paths, accounts_folder, register_folder

#: What a data test reads besides the warehouse, or what would build other tables.
READ = [
    *("dbt_project.yml", "selectors.yml", "profiles", "models", "python_models", "macros", "seeds", "tests"),
    "vfm",
]
SKIP_DATA_TESTS = "--exclude-resource-type test"
SECONDS = 10  # the warehouse is closed after dbt has written how its tests ended


def options(paths: Paths, read: list[Path]) -> str:
    """Return what `dbt test --selector all` is told besides.

    Parameters
    ----------
    paths : Paths
    read : list of Path
        Files and folders that must be older than the build.

    Returns
    -------
    str
        Nothing if all tests must run.
    """
    try:
        ran = json.loads((paths.target / "run_results.json").read_text(encoding="utf-8"))
        tests = _data_tests(json.loads((paths.target / "manifest.json").read_text(encoding="utf-8")))
        ended = (paths.target / "run_results.json").stat().st_mtime
        touched = paths.warehouse.stat().st_mtime > ended + SECONDS
    except (OSError, ValueError):
        return ""
    passed = {result["unique_id"] for result in ran["results"] if result["status"] in ("pass", "warn")}
    is_build = ran["args"].get("which") == "build" and not ran["args"].get("vars")
    began = min((part["started_at"] for result in ran["results"] for part in result["timing"]), default="")
    is_newer = any(path.stat().st_mtime > _seconds(began) for place in read for path in _files(place))
    return SKIP_DATA_TESTS if is_build and tests and tests <= passed and not touched and not is_newer else ""


def _data_tests(manifest):
    return {name for name, node in manifest["nodes"].items() if node["resource_type"] == "test"}


def _seconds(moment):
    return datetime.fromisoformat(moment.replace("Z", "+00:00")).timestamp()


def _files(place):
    found = place.rglob("*") if place.is_dir() else [place]
    return [path for path in found if path.is_file() and "__pycache__" not in path.parts]


def options_of_the_project(paths: Paths) -> str:
    """Return what `dbt test --selector all` is told besides for the warehouse of this project."""
    return options(paths, [*(PROJECT / name for name in READ), register_folder(), accounts_folder()])
