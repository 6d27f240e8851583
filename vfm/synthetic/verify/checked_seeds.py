"""make check-seeds: what the check says of worlds of other seeds, which are right: it must say nothing.

python -m vfm.synthetic.verify.checked_seeds [--seeds 20] [--scale 1]
"""

import argparse
import shutil
import sys

from vfm.registers import check
from vfm.synthetic.verify.recovery import seeds_to_run
from vfm.synthetic.verify.worlds import make_world, work_folder
from vfm.warehouse import machine, terminal

SEEDS = 20


def _parse(arguments):
    """Options of the command line; wrong ones end with one clear sentence."""
    parser = argparse.ArgumentParser(
        prog="python -m vfm.synthetic.verify.checked_seeds",
        description="Worlds of other seeds, and what the check of a delivery says of them.",
    )
    parser.add_argument("--seeds", type=int, default=SEEDS, help=f"how many, from 1 on; default {SEEDS}")
    parser.add_argument("--scale", type=float, default=1.0, help="multiplies the population; default 1")
    options = parser.parse_args(arguments)
    if options.seeds < 1:
        parser.error(f"--seeds must be at least 1, got {options.seeds}")
    return options


def _check(options, folder, progress):
    """Check seed after seed; returns how many errors and warnings there were."""
    found = 0
    for seed in seeds_to_run(options.seeds):
        progress.say(f"seed {seed}")
        try:
            world = make_world(folder / str(seed), seed, options.scale)
            lines = [line for line in check.check(world.registers) if line.level != "ok"]
        finally:
            shutil.rmtree(folder / str(seed), ignore_errors=True)
        found += len(lines)
        progress.count(f"seed {seed}: {len(lines)} errors and warnings")
        for line in lines:
            print(f"\nseed {seed}: {line.level}: {line.sentence}", flush=True)
    return found


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line; returns the exit status, 1 if the check finds anything."""
    options = _parse(arguments)
    progress = terminal.Progress(sys.stderr, options.seeds, "seeds")
    try:
        with work_folder("checked_seeds") as folder:
            found = _check(options, folder, progress)
        progress.end()
    except machine.BuildError as problem:
        print("", *problem.args, sep="\n", file=sys.stderr)
        return 1
    except machine.Stopped as stop:
        print("\nInterrupted.", file=sys.stderr)
        return 128 + stop.args[0]
    print(f"\n{options.seeds} worlds at scale {options.scale:g}: {found} errors and warnings.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
