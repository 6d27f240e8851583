"""make studies: list the studies there are; python -m vfm.studies dbt ...: run dbt on the one in force."""

import argparse
import os
import sys

from vfm.warehouse import build_folder, machine, studies
from vfm.warehouse.paths import PROJECT, Paths, study_name


def listed() -> list[str]:
    """Describe every study in a line, or say what is wrong in its file."""
    lines = []
    for name in studies.names():
        mark = "*" if name == study_name() else " "
        try:
            lines.append(f"{mark} {name:<24} {studies.read_study(name).title_en}")
        except machine.BuildError as problem:
            lines += [f"{mark} {name:<24} {sentence}" for sentence in problem.args]
    return lines


def dbt_command(words: list[str]) -> tuple[list[str], dict[str, str]]:
    """Return the command that runs dbt on the study in force, and its environment.

    Parameters
    ----------
    words : list of str
        dbt's own words, such as run --select benchmark_indicators.

    Raises
    ------
    machine.BuildError
        If the study's file has mistakes.
    """
    build_folder.refuse_addresses()
    environment = dict(os.environ)
    if not environment.get("VFM_BUILD"):
        paths = Paths.from_environment(PROJECT)
        environment["VFM_BUILD"] = paths.short(paths.build)
    start = "from dbt.cli.main import cli; cli(prog_name='dbt')"
    return [sys.executable, "-c", start, *studies.with_variables(words)], environment


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m vfm.studies", description=__doc__)
    parser.add_argument(
        "dbt", nargs=argparse.REMAINDER, help="dbt and its own words: dbt run --select spells"
    )
    words = parser.parse_args(arguments).dbt
    try:
        if not words:
            print(*listed(), sep="\n")
            return 0
        if words[0] != "dbt":
            parser.error(f"give dbt and its own words, not {words[0]}")
        command, environment = dbt_command(words[1:])
    except machine.BuildError as problem:
        print(*problem.args, sep="\n", file=sys.stderr)
        return 1
    os.chdir(PROJECT)
    os.execve(command[0], command, environment)


if __name__ == "__main__":
    sys.exit(main())
