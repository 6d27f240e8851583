"""Command line: what happens to registers before dbt reads them.

python -m vfm.registers import <delivery folder>
python -m vfm.registers check [--against <earlier profile or warehouse>]
"""

import argparse
import sys
import time
from pathlib import Path

from vfm.registers import check, importing
from vfm.warehouse import build_folder, dbt_sql, machine
from vfm.warehouse.paths import PROJECT, Paths

PROFILE = "delivery_profile.csv"


def run_check(chosen: argparse.Namespace) -> int:
    """Print the check of $VFM_REGISTERS, keep the profile of the delivery; return the exit status."""
    started = time.monotonic()
    try:
        folder = dbt_sql.macro("register_folder")
    except dbt_sql.RefusedError as problem:
        print(problem, file=sys.stderr)
        return 1
    paths = Paths.from_environment(PROJECT)
    kept = paths.build / PROFILE
    try:
        build_folder.claim(paths)
        lines = check.check(folder, keep=kept, against=chosen.against)
    except (ValueError, machine.BuildError) as problem:
        print(*problem.args, sep="\n", file=sys.stderr)
        return 1
    print(check.report(lines))
    print(f"{time.monotonic() - started:.1f} s for {folder}")
    return int(any(line.level == "error" for line in lines))


def main(arguments: list[str] | None = None) -> int:
    """Run a sub-command; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m vfm.registers")
    commands = parser.add_subparsers(required=True)
    command = commands.add_parser("import", help="turn a delivery into the layout that the build reads")
    importing.add_arguments(command)
    command.set_defaults(run=importing.main)
    command = commands.add_parser("check", help="say what is wrong with the registers of $VFM_REGISTERS")
    command.add_argument(
        "--against",
        type=Path,
        help="earlier delivery_profile.csv or warehouse.duckdb: say what changed since",
    )
    command.set_defaults(run=run_check)
    chosen = parser.parse_args(arguments)
    return chosen.run(chosen)


if __name__ == "__main__":
    sys.exit(main())
