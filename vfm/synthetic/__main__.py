"""Command line: write the synthetic delivery, the accounts and the truth.

python -m vfm.synthetic --seed 20170601 --scale 1 --out seeds/registers --statbank seeds/statbank
    --truth build/truth
"""

import argparse
import os
import shutil
import signal
import sys
import tempfile
import time
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from vfm.synthetic.delivery import accounts, registers, shards, truth_files
from vfm.synthetic.world import constants, creation, keys, residence
from vfm.warehouse import build_folder, machine
from vfm.warehouse.paths import PROJECT, Paths

SMALLEST_SCALE, LARGEST_SCALE = 0.02, keys.LARGEST_SHARD + 1
FOLDERS = {
    "out": ("seeds/registers", "register folder"),
    "statbank": ("seeds/statbank", "folder of the accounts"),
    "truth": ("build/truth", "folder of the truth"),
}


def main(arguments: list[str] | None = None) -> int:
    """Run the simulator; returns the exit status."""
    options = _parse(arguments)
    began = time.perf_counter()
    left = f"Nothing was written: {options.out} is as it was."
    try:
        _claim_build_folder(options)
        with machine.told_to_end(), _work_folder(options.out) as work:
            written, persons, spells, peak = _make(work, options)
            left = f"What lies in {options.out} is not whole: run it again."
            _publish(work, options)
    except machine.Stopped as stop:
        print(f"\nInterrupted. {left}", file=sys.stderr)
        return 128 + stop.args[0]
    except machine.BuildError as problem:
        print(*problem.args, left, file=sys.stderr)
        return 1
    except (BrokenProcessPool, MemoryError):
        print(f"A process was killed, perhaps because memory ran out. {left}", file=sys.stderr)
        return 1
    except OSError as problem:
        print(f"{problem}. {left}", file=sys.stderr)
        return 1

    print(f"\n{'register':<16}{'files':>6}{'rows':>14}{'MB':>10}")
    for entry in written:
        print(f"{entry['register']:<16}{entry['files']:>6}{entry['rows']:>14,}{entry['bytes'] / 1e6:>10.2f}")
    size = sum(entry["bytes"] for entry in written) / 1e6
    print(f"{'all':<16}{'':>6}{'':>14}{size:>10.2f}")
    memory = f", at most {peak / 1e6:,.0f} MB of memory in a process" if peak else ""
    print(
        f"{persons:,} persons, {spells:,} spells in {options.out}"
        f" ({time.perf_counter() - began:.0f} s{memory})"
    )
    return 0


def _claim_build_folder(options):
    """Mark the build folder where something is written into it, as a build does."""
    paths = Paths.from_environment(PROJECT)
    folders = (options.out, options.statbank, options.truth)
    for build in {paths.build, PROJECT / "build"}:
        if any(folder.resolve().is_relative_to(build.resolve()) for folder in folders):
            build_folder.claim(replace(paths, build=build))


def _make(work, options):
    """Make everything below the work folder; returns what was written, persons, spells, peak memory."""
    if options.scale > 1:
        written, parts = shards.write_large_world(work, options.seed, int(options.scale))
        return (
            written,
            sum(part.persons for part in parts),
            sum(part.spells for part in parts),
            max(part.peak for part in parts),
        )

    def report(what, seconds):
        print(f"{what:<28}{seconds:8.1f} s", flush=True)

    def timed(what, function, *values):
        start = time.perf_counter()
        result = function(*values)
        report(what, time.perf_counter() - start)
        return result

    made = timed("persons and histories", creation.create_world, options.seed, options.scale)
    lived = timed("residence", residence.residence_of, made)
    booked = timed("accounts", accounts.accounts_of, made, lived)
    (work / "registers").mkdir()
    written = registers.write_registers(work / "registers", made, lived, report)
    origin = registers.origin_in_words(made.seed, made.scale)
    written += timed("statbank files", accounts.write_accounts, work / "statbank", booked, origin)
    timed("truth", truth_files.write_truth, work / "truth", made, lived, booked)
    return written, len(made.persons), len(made.history.spells), shards.peak_memory()


@contextmanager
def _work_folder(out):
    """A folder below the register folder, gone in the end; nobody takes it for a register."""
    out.mkdir(parents=True, exist_ok=True)
    for left in out.glob(".making-*"):  # of a run that was killed
        shutil.rmtree(left, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix=".making-", dir=out) as folder:
        yield Path(folder)


def _publish(work, options):
    """Put what was made in the place of what was there, `origin.json` of the registers last."""
    with truth_files.owners_alone():
        options.truth.mkdir(parents=True, exist_ok=True)
    options.statbank.mkdir(parents=True, exist_ok=True)
    with _undisturbed():
        (options.out / "origin.json").unlink(missing_ok=True)
        for register in sorted(path for path in (work / "registers").iterdir() if path.is_dir()):
            folder = options.out / register.name
            folder.mkdir(exist_ok=True)
            for old in folder.glob("*.parquet"):
                old.unlink()
            _move_files(register, folder)
        _move_files(work / "statbank", options.statbank)
        _move_files(work / "truth", options.truth)
        _move_files(work / "registers", options.out)


def _move_files(source, target):
    """Move the files of a folder into another, perhaps on another disk, over those of the same name."""
    for path in sorted(path for path in source.iterdir() if path.is_file()):
        (target / path.name).unlink(missing_ok=True)
        shutil.move(path, target / path.name)


@contextmanager
def _undisturbed():
    """Ignore requests to end (Ctrl-C, SIGTERM) until the files are in their places."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (*machine.STOPS, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _parse(arguments):
    """Options of the command line; wrong ones end with one clear sentence."""
    parser = argparse.ArgumentParser(
        prog="python -m vfm.synthetic", description="Write the synthetic registers."
    )
    parser.add_argument(
        "--seed", type=_seed, default=constants.DEFAULT_SEED, help="whole number, not negative"
    )
    parser.add_argument(
        "--scale",
        type=_scale,
        default=1.0,
        help=f"multiplies the population: {SMALLEST_SCALE} to 1, or a whole number to {LARGEST_SCALE}",
    )
    for option, (folder, what) in FOLDERS.items():
        large = f"build/scale_<scale>/{Path(folder).name} above scale 1"
        parser.add_argument(f"--{option}", type=Path, help=f"{what}: {folder}, {large}")
    options = parser.parse_args(arguments)
    for option, (folder, _) in FOLDERS.items():
        if getattr(options, option) is None:
            folder = Path(folder)
            if options.scale > 1:  # the project's own registers and accounts stay what they are
                build = Path(os.environ.get("VFM_BUILD") or "build")
                folder = build / f"scale_{options.scale:g}" / folder.name
            setattr(options, option, folder)
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
    if not SMALLEST_SCALE <= scale <= LARGEST_SCALE or (scale > 1 and scale % 1):
        raise argparse.ArgumentTypeError(
            f"the scale must be a number from {SMALLEST_SCALE:g} to 1 or a whole one to {LARGEST_SCALE}, "
            f"got '{text}'"
        )
    return scale


if __name__ == "__main__":
    sys.exit(main())
