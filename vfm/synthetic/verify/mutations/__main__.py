"""make mutations: change a delivery in every way that happens, and see whether the check says so.

python -m vfm.synthetic.verify.mutations [--held-out] [--page docs/mutations.md]

The delivery is the small world, a tenth of the persons. $ONLY, a pattern such as 'column/bef.*', runs a part
and leaves the page. What came of a mutation is kept in build/mutations as long as the code behind it is the
same.
"""

import argparse
import fnmatch
import hashlib
import os
import shutil
import sys
import time
from pathlib import Path

from vfm.synthetic.verify.mutations import report
from vfm.synthetic.verify.mutations.catalogue import Mutation, catalogue
from vfm.synthetic.verify.mutations.running import run
from vfm.synthetic.verify.worlds import work_folder
from vfm.warehouse import machine
from vfm.warehouse.paths import PROJECT, Paths

PAGE = PROJECT / "docs" / "mutations.md"
FOLDER = "mutations"  # in the build folder


def _parse(arguments):
    """Options of the command line; wrong ones end with one clear sentence."""
    parser = argparse.ArgumentParser(
        prog="python -m vfm.synthetic.verify.mutations",
        description="Changes of a delivery, and whether the check sees them.",
    )
    parser.add_argument("--held-out", action="store_true", help="judge and list the fifth that is held out")
    parser.add_argument("--page", type=Path, default=PAGE, help="the page whose results are written anew")
    return parser.parse_args(arguments)


def chosen(only: str, is_held_out: bool) -> list[Mutation]:
    """Return the mutations of a run, in an order that does not follow the catalogue.

    Parameters
    ----------
    only : str
        A pattern that the names match; empty: all of them.
    is_held_out : bool
        Only those that are held out. Without it a part that is chosen by a pattern has none of them.
    """
    found = [
        each
        for each in catalogue()
        if fnmatch.fnmatchcase(each.name, only or "*")
        and (each.is_held_out if is_held_out else not (only and each.is_held_out))
    ]
    # the held-out ones last: what a run that is cut off has listed is of the others
    return sorted(found, key=lambda each: (each.is_held_out, hashlib.sha256(each.name.encode()).digest()))


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line; returns the exit status."""
    options, only, began = _parse(arguments), os.environ.get("ONLY", ""), time.monotonic()
    mutations = chosen(only, options.held_out)
    if not mutations:
        example = catalogue()[0].name
        print(f"ONLY is {only}: no mutation is called so. A name is {example}.", file=sys.stderr)
        return 2
    paths = Paths.from_environment(PROJECT)
    table = (
        paths.build
        / FOLDER
        / ("held_out.csv" if options.held_out else "part.csv" if only else "mutations.csv")
    )

    def write(judgements):
        listed = [each for each in judgements if each.mutation.is_held_out == options.held_out]
        report.write_table(table, listed)

    try:
        judgements = _run(mutations, write)
        write(judgements)
    except machine.BuildError as problem:
        print("", *problem.args, sep="\n", file=sys.stderr)
        return 1
    except machine.Stopped as stop:
        print("\nInterrupted. What was judged is kept: make mutations goes on.", file=sys.stderr)
        return 128 + stop.args[0]
    if not (only or options.held_out):
        report.write_results(options.page, judgements)
    print(*report.accepted_lines(judgements, options.held_out), sep="\n")
    print(f"Table: {paths.short(table)}. {time.monotonic() - began:.0f} s.")
    print(report.last_line(judgements))
    return 0


def _run(mutations, write):
    """Judge in the build folder, alone there; see `run`."""
    with work_folder(FOLDER) as folder:
        try:
            return run(mutations, folder, write)
        finally:
            for left in folder.glob("work_*"):
                shutil.rmtree(left, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
