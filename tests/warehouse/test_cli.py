"""The command vfm says what it can do, runs the program that is meant, and ends with its status."""

import importlib
import os
import re
import subprocess
import sys

import click
import pytest

from vfm import cli
from vfm.warehouse.paths import PROJECT

#: A command line, the program that it runs, and what that is given; None: its main takes nothing.
CALLS = [
    ("build", "vfm.build", []),
    ("build --engine spark", "vfm.build", ["--engine=spark"]),
    ("build --vars {window_weeks:104}", "vfm.build", ["--vars={window_weeks:104}"]),
    ("sql", "vfm.warehouse.shell", None),
    ("report", "vfm.pages.report.__main__", []),
    ("report --to x --geojson y.json", "vfm.pages.report.__main__", ["--to=x", "--geojson=y.json"]),
    ("report --code-property KOM", "vfm.pages.report.__main__", ["--code-property=KOM"]),
    ("export --to=-x", "vfm.pages.export.__main__", ["--to=-x"]),
    ("check", "vfm.registers.__main__", ["check"]),
    ("check --against old.csv", "vfm.registers.__main__", ["check", "--against=old.csv"]),
    ("import delivery", "vfm.registers.__main__", ["import", "--", "delivery"]),
    ("import --to=-x -- --to", "vfm.registers.__main__", ["import", "--to=-x", "--", "--to"]),
    ("docs", "vfm.pages.lineage", []),
    ("cookbook", "vfm.pages.cookbook", None),
    ("release-pack --to pack", "vfm.pages.release_pack", ["--to=pack"]),
    ("compare-releases a.duckdb b.duckdb", "vfm.warehouse.compare_releases", ["--", "a.duckdb", "b.duckdb"]),
    ("bundle", "vfm.bundle.__main__", []),
    ("bundle --python 3.12 --any-hashes", "vfm.bundle.__main__", ["--python=3.12", "--any-hashes"]),
    ("sensitivity", "vfm.sensitivity", []),
    ("studies", "vfm.studies", []),
    ("registers --seed 1 --scale 0.1", "vfm.synthetic.__main__", ["--seed=1", "--scale=0.1"]),
    ("fetch-statbank --accounts-only", "vfm.statbank.__main__", ["--accounts-only"]),
    ("fetch-statbank", "vfm.statbank.__main__", []),
    ("clean", "vfm.warehouse.build_folder", None),
]
#: Commands whose make target has another name.
TARGETS = {"check": "check-registers"}


def status(*arguments):
    """What the command line ends with."""
    with pytest.raises(SystemExit) as ended:
        cli.main(list(arguments))
    return ended.value.code


def run(*arguments, **environment):
    """Run it as a program."""
    return subprocess.run(
        [sys.executable, "-m", "vfm", *arguments],
        cwd=PROJECT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize(("line", "module", "given"), CALLS, ids=[line for line, *_ in CALLS])
@pytest.mark.parametrize("ended", [0, 1, 130])
def test_a_command_runs_its_program_and_ends_as_it_does(monkeypatch, line, module, given, ended):
    called = []

    def program(*arguments):
        called.append(arguments)
        return ended

    monkeypatch.setattr(importlib.import_module(module), "main", program)
    assert status(*line.split()) == ended
    assert called == [() if given is None else (given,)]


def test_every_command_is_tried_here():
    assert {line.split()[0] for line, *_ in CALLS} == set(cli.commands.commands)


@pytest.mark.parametrize("name", sorted(cli.commands.commands))
def test_a_newcomer_is_told_what_a_command_does_and_takes(name, capsys):
    command = cli.commands.commands[name]
    assert status(name, "--help") == 0
    said = capsys.readouterr().out
    assert said.startswith(f"Usage: vfm {name}")
    assert len(command.help.split()) > 10
    assert "..." not in command.get_short_help_str(60), "its first sentence is cut in the list of commands"
    for parameter in command.params:
        if isinstance(parameter, click.Option):
            assert len(parameter.help.split()) > 3, parameter.name
        else:
            assert parameter.name.upper() in command.help


def test_the_list_begins_with_what_is_needed_first(capsys):
    assert status("--help") == 0
    said = capsys.readouterr().out
    listed = re.findall(r"^  ([a-z-]+) {2,}[A-Z]", said.split("Commands:")[1], re.MULTILINE)
    assert listed[:4] == list(cli.FIRST) and set(listed) == set(cli.commands.commands)
    assert "128+" in said and "_VFM_COMPLETE" in said


def test_without_a_command_it_says_what_there_is():
    done = run()
    assert done.returncode == 0 and "Commands:" in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("biuld", "There is no command biuld: did you mean build? See vfm --help."),
        ("xyzzy", "There is no command xyzzy. See vfm --help."),
        ("import", "Missing argument 'DELIVERY'. See vfm import --help."),
        ("compare-releases one", "Missing argument 'NEW'. See vfm compare-releases --help."),
        (
            "build --engine x",
            "Invalid value for '--engine': 'x' is not one of 'duckdb', 'spark'. See vfm build --help.",
        ),
    ],
)
def test_a_line_that_is_not_understood_is_one_sentence(line, sentence, capsys):
    assert status(*line.split()) == 2
    said = capsys.readouterr()
    assert (said.out, said.err) == ("", f"{sentence}\n")


def test_it_runs_as_a_program_and_passes_the_status_on(tmp_path):
    done = run("export", VFM_RESULTS=str(tmp_path / "vfm.duckdb"))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "There is no vfm.duckdb: make build writes it.\n"


def test_ctrl_c_in_a_program_that_lets_it_through_is_said(monkeypatch, capsys):
    def interrupted():
        raise KeyboardInterrupt

    monkeypatch.setattr(importlib.import_module("vfm.pages.cookbook"), "main", interrupted)
    assert status("cookbook") == 130
    assert capsys.readouterr().err == "\nInterrupted.\n"


def test_commands_and_options_are_completed():
    def completed(words, place):
        said = run(_VFM_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD=str(place)).stdout
        return {line.split(",")[1] for line in said.splitlines()}

    assert completed("vfm re", 1) == {"report", "registers", "release-pack"}
    assert completed("vfm build --en", 2) == {"--engine"}


def test_help_loads_no_library_of_numbers():
    """It comes at once."""
    program = (
        "import sys; from vfm import cli\n"
        "try: cli.main(['build', '--help'])\n"
        "except SystemExit: pass\n"
        "sys.exit(bool({'duckdb', 'numpy', 'pandas', 'dbt'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=PROJECT, capture_output=True).returncode == 0


def test_a_command_works_on_the_study_that_is_named(monkeypatch):
    monkeypatch.setenv("VFM_STUDY", "kora_2017")
    seen = []
    program = importlib.import_module("vfm.studies")
    monkeypatch.setattr(program, "main", lambda words: seen.append(os.environ["VFM_STUDY"]))
    assert status("--study", "2010-2013", "studies") == 0
    assert seen == ["2010-2013"]


def test_make_runs_the_same_commands():
    text = (PROJECT / "Makefile").read_text(encoding="utf-8")
    for name in set(cli.commands.commands) - {"clean"}:  # which must run without .venv
        target = TARGETS.get(name, name)
        recipe = re.search(rf"^{target}:.*\n((?:\t.*\n)+)", text, re.MULTILINE)[1]
        assert f"$(python) -m vfm {name}" in recipe
