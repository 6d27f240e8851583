"""docs/rules.md names unit tests that exist, and all those of the folders that hold the rules."""

import re

from vfm.warehouse.paths import PROJECT
from vfm.warehouse.yaml_files import read_yaml

FOLDERS = [
    "models/intermediate/population",
    "models/intermediate/spells",
    "models/intermediate/case_mix",
    "models/intermediate/programme",
    "models/marts/expenditure",
]
PAGE = (PROJECT / "docs/rules.md").read_text(encoding="utf-8")


def unit_tests(folder):
    """Return the names of the unit tests in the ymls of a folder and those below it."""
    names = []
    for path in sorted((PROJECT / folder).rglob("*.yml")):
        content = read_yaml(path) or {}
        names += [test["name"] for test in content.get("unit_tests", [])]
    return names


def named_in_page():
    """Return what the last cell of each table row names between backticks."""
    rows = re.findall(r"^\|.*\|([^|]*)\|$", PAGE, re.MULTILINE)
    return {name for cell in rows for name in re.findall(r"`(\w+)`", cell)}


def test_every_unit_test_of_the_page_exists():
    assert named_in_page() - set(unit_tests("models")) == set()


def test_every_unit_test_of_the_rules_is_in_the_page():
    missing = {name for folder in FOLDERS for name in unit_tests(folder)} - named_in_page()
    assert missing == set()


def test_names_of_unit_tests_are_unique():
    names = unit_tests("models")
    assert sorted(names) == sorted(set(names)), "a name in the page must mean one test"
