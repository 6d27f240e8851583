"""python -m vfm.registers check: what the build would say of the registers, in seconds."""

import argparse
import sys
import time

from vfm.registers import check, dbt_sql


def run_check(_):
    """Print the check of $VFM_REGISTERS; return the exit status."""
    started = time.monotonic()
    try:
        folder = dbt_sql.macro("register_folder")
    except dbt_sql.RefusedError as problem:
        print(problem, file=sys.stderr)
        return 1
    lines = check.check(folder)
    print(check.report(lines))
    print(f"{time.monotonic() - started:.1f} s for {folder}")
    return int(any(line.level == "error" for line in lines))


def main(arguments=None):
    """Run a sub-command; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m vfm.registers", description=__doc__)
    commands = parser.add_subparsers(required=True)
    checking = commands.add_parser("check", help="say what is wrong with the registers of $VFM_REGISTERS")
    checking.set_defaults(run=run_check)
    chosen = parser.parse_args(arguments)
    return chosen.run(chosen)


if __name__ == "__main__":
    sys.exit(main())
