"""What a user gives the Makefile is text: no shell word, no pattern, no code of make.

The Makefile runs in a folder whose programs write down how they are called.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = f"""#!{sys.executable} -S
import json, os, sys
with open({{record!r}}, "a") as stream:
    print(json.dumps([sys.argv, dict(os.environ)]), file=stream)
"""
HOSTILE = {
    "spaces": "x/a b",
    "make code": "$(shell touch canary)",
    "make code in braces": "${shell touch canary}",
    "a variable of make": "$(CURDIR) $@ $$",
    "shell code": "$(touch canary)",
    "backticks": "`touch canary`",
    "quotes": 'it\'s "quoted"',
    "a command": "a; touch canary & touch canary | cat",
    "a redirection": "a > canary",
    "a line break": "a\ntouch canary",
    "a dash": "--help",
    "tilde": "~/registers",
    "pattern": "*",
    "percent": "%.csv",
    "backslash": "a\\b\\\\c",
    "a comment": "a # b",
    "unicode": "kommune æøå – 東京",
    "comma and brackets": "a,b) (c",
    "an equals sign": "a=b:=c",
    "spaces around": " a ",
}
#: The variables that each target takes, and where its program finds them: as one word, or in the environment.
ARGUMENTS = {
    ("import", "FROM"): "{}",
    ("import", "TO"): "--to={}",
    ("release-pack", "TO"): "--to={}",
    ("export", "TO"): "--to={}",
    ("bundle", "TO"): "--to={}",
    ("bundle", "PLATFORM"): "--platform={}",
    ("compare-releases", "OLD"): "{}",
    ("compare-releases", "NEW"): "{}",
    ("report", "GEOJSON"): "--geojson={}",
    ("build", "ENGINE"): "--engine={}",
    ("registers", "SEED"): "--seed={}",
    ("registers", "SCALE"): "--scale={}",
    ("bench-scale", "SCALES"): "--scales={}",
    ("recovery", "SEEDS"): "--seeds={}",
    ("attack", "SEEDS"): "--seeds={}",
    ("attack", "SCALE"): "--scale={}",
    ("check-registers", "AGAINST"): "--against={}",
    ("mutations", "HELD_OUT"): "--held-out",
    ("small", "VFM_BUILD"): "{}/small",
    ("test", "VFM_BUILD"): "--junit-xml={}/tests.xml",
}
ENVIRONMENT = [
    ("build", "VFM_BUILD"),
    ("build", "VFM_RESULTS"),
    ("build", "VFM_STUDY"),
    ("build", "DBT_TARGET"),
    ("check-registers", "VFM_REGISTERS"),
    ("check-registers", "VFM_STATBANK"),
    ("clean", "VFM_BUILD"),
    ("sql", "VFM_RESULTS"),
    ("report", "VFM_GEOJSON"),
    ("build", "VFM_SPILL"),
    ("build", "VFM_MEMORY_LIMIT"),
    ("build", "STUDY"),
    ("mutations", "ONLY"),
]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """A folder with the Makefile and programs that only write down how they are called."""
    folder = tmp_path_factory.mktemp("made")
    shutil.copy(ROOT / "Makefile", folder)
    for name in ("requirements.lock", "pyproject.toml", "requirements-spark.lock"):
        (folder / name).touch()
    programs = folder / ".venv/bin"
    programs.mkdir(parents=True)
    for name in ("python", "dbt", "pytest", "ruff", "lint-imports", "sqlfluff"):
        (programs / name).write_text(PROGRAM.format(record=str(folder / "calls")), encoding="utf-8")
        (programs / name).chmod(0o755)
    checksum = subprocess.run(["cksum"], input="", capture_output=True, text=True, check=True).stdout.split()[
        0
    ]
    for name in ("installed", "installed-spark"):
        (folder / f".venv/.{name}-{checksum}").touch()
    return folder


def make(project, target, *assignments, environment=None):
    """How the programs of a target are called: [arguments, environment] of each."""
    (project / "calls").unlink(missing_ok=True)
    python = str(project / ".venv/bin/python")
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("VFM_", "MAKE", "MFLAGS"))}
    done = subprocess.run(
        ["make", target, *assignments, *([] if environment else [f"PYTHON={python}"])],
        cwd=project,
        env=clean | {"PYTHON": python} | (environment or {}),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert not list(project.rglob("canary*")), done.stdout + done.stderr
    return [json.loads(line) for line in (project / "calls").read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("how", ["command line", "environment"])
def test_what_is_given_reaches_the_program_as_it_is(project, text, how):
    if how == "command line":
        text = text.lstrip()  # make itself leaves out what stands before the text
    for target in sorted({target for target, _ in [*ARGUMENTS, *ENVIRONMENT]}):
        named = {variable: word for (own, variable), word in ARGUMENTS.items() if own == target}
        exported = {variable for own, variable in ENVIRONMENT if own == target}
        given = dict.fromkeys({*named, *exported}, text)
        if how == "environment":
            calls = make(project, target, environment=given)
        else:
            calls = make(project, target, *(f"{variable}={text}" for variable in given))
        words = [argument for arguments, _ in calls for argument in arguments[1:]]
        for variable, word in named.items():
            assert word.format(text) in words, (target, variable)
        for variable in exported:
            assert {environment[variable] for _, environment in calls} == {text}, (target, variable)


def test_a_folder_that_begins_with_a_dash_is_no_option(project):
    [[arguments, _]] = make(project, "import", "FROM=--to", "TO=-x")
    assert arguments[-4:] == ["import", "--to=-x", "--", "--to"]


def test_what_is_not_given_is_left_to_the_program(project):
    [[arguments, environment]] = make(project, "build", "ENGINE=")
    assert arguments[1:] == ["-m", "vfm", "build"]
    assert environment["VFM_BUILD"] == "build"
    assert "VFM_REGISTERS" not in environment


def test_a_bundle_is_for_the_versions_of_python_that_are_named(project):
    """PYTHON is what installs everywhere else; versions are no program."""
    there = {"PLATFORM": "linux win_amd64"}
    [[arguments, _]] = make(project, "bundle", "PYTHON=3.12 3.13", environment=there)
    assert arguments[-3:] == ["bundle", "--python=3.12 3.13", "--platform=linux win_amd64"]
    [[arguments, _]] = make(project, "bundle", "HASHES=")
    assert arguments[-2:] == ["bundle", "--any-hashes"]


def test_every_variable_of_a_recipe_is_tried_here():
    """A recipe that takes a new variable, or takes one as make's, fails."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    recipes = [line for line in text.splitlines() if line.startswith("\t")]
    shell = {word.rstrip("}") for line in recipes for word in re.findall(r"\$\$\{?([A-Z_]+)", line)}
    assert shell - {"PYTHON", "BUNDLE_PYTHON", "HASHES"} == {variable for _, variable in ARGUMENTS}
    own = set(re.findall(r"\$\(([A-Z_]+)\)", "\n".join(recipes)))
    assert own == {"MAKEFILE_LIST"}
