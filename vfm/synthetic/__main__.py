"""Command line: write the synthetic delivery, the accounts and the truth.

python -m vfm.synthetic --seed 20170601 --scale 1 --out seeds/registers --statbank seeds/statbank
    --truth build/truth
"""

import argparse
import sys
import time
from pathlib import Path

from vfm.synthetic import accounts, constants, delivery, residence, truth, world

SMALLEST_SCALE, LARGEST_SCALE = 0.02, 20.0


def main(arguments=None):
    """Run the simulator; returns the exit status."""
    options = _parse(arguments)
    began = time.perf_counter()

    def report(what, seconds):
        print(f"{what:<28}{seconds:8.1f} s", flush=True)

    def timed(what, function, *values):
        start = time.perf_counter()
        result = function(*values)
        report(what, time.perf_counter() - start)
        return result

    made = timed("persons and histories", world.create, options.seed, options.scale)
    lived = timed("residence", residence.build, made)
    booked = timed("accounts", accounts.build, made, lived)
    options.out.mkdir(parents=True, exist_ok=True)
    written = delivery.write_registers(options.out, made, lived, report)
    written += timed(
        "statbank files", accounts.write_accounts, options.statbank, booked, delivery.origin(made)
    )
    timed("truth", truth.write_truth, options.truth, made, lived, booked)

    print(f"\n{'register':<16}{'files':>6}{'rows':>12}{'MB':>8}")
    for entry in written:
        print(f"{entry['register']:<16}{entry['files']:>6}{entry['rows']:>12,}{entry['bytes'] / 1e6:>8.2f}")
    size = sum(entry["bytes"] for entry in written) / 1e6
    print(f"{'all':<16}{'':>6}{'':>12}{size:>8.2f}")
    print(
        f"{len(made.persons):,} persons, {len(made.history.spells):,} spells in {options.out}"
        f" ({time.perf_counter() - began:.0f} s)"
    )
    return 0


def _parse(arguments):
    """Options of the command line; wrong ones end with one clear sentence."""
    parser = argparse.ArgumentParser(
        prog="python -m vfm.synthetic", description="Write the synthetic registers."
    )
    parser.add_argument(
        "--seed", type=_seed, default=constants.DEFAULT_SEED, help="whole number, not negative"
    )
    parser.add_argument("--scale", type=_scale, default=1.0, help="multiplies the population, 0.02 to 20")
    parser.add_argument("--out", type=Path, default=Path("seeds/registers"), help="register folder")
    parser.add_argument(
        "--statbank", type=Path, default=Path("seeds/statbank"), help="folder of the accounts"
    )
    parser.add_argument("--truth", type=Path, default=Path("build/truth"), help="folder of the truth")
    options = parser.parse_args(arguments)
    out, beside = options.out.resolve(), options.truth.resolve()
    if beside == out or out in beside.parents:
        parser.error(
            f"--truth {options.truth} lies inside the register folder {options.out}; keep it outside"
        )
    for path in (options.out, options.statbank, options.truth):
        if path.exists() and not path.is_dir():
            parser.error(f"{path} is a file, not a folder")
    return options


def _seed(text):
    if not text.isascii() or not text.isdigit():
        raise argparse.ArgumentTypeError(
            f"the seed must be a whole number that is not negative, got '{text}'"
        )
    return int(text)


def _scale(text):
    try:
        scale = float(text)
    except ValueError:
        scale = float("nan")
    if not SMALLEST_SCALE <= scale <= LARGEST_SCALE:
        raise argparse.ArgumentTypeError(
            f"the scale must be a number from {SMALLEST_SCALE:g} to {LARGEST_SCALE:g}, got '{text}'"
        )
    return scale


if __name__ == "__main__":
    sys.exit(main())
