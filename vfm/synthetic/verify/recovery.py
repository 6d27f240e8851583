"""make recovery: other seeds, the real pipeline over each, and how far it finds what was simulated.

python -m vfm.synthetic.verify.recovery [--seeds 20] [--page docs/recovery.md]

Each seed is a process of its own (`recovery_seed`) that leaves one file of aggregates in build/recovery; its
registers and its warehouse are the owner's alone and removed at its end. A run that was cut off goes on with
the seeds it has not finished. Nothing published is touched.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from pathlib import Path
from typing import TextIO

from vfm.synthetic.verify import recovery_report
from vfm.synthetic.verify.recovery_seed import write_result
from vfm.synthetic.world import constants
from vfm.warehouse import build_folder, machine, studies, terminal
from vfm.warehouse.paths import DEFAULT_STUDY, PROJECT, Paths, study_name
from vfm.warehouse.provenance import code_fingerprint

SEEDS = 20
PROCESSES = 2
PAGE = PROJECT / "docs" / "recovery.md"
# a change in any of these makes kept results void
CODE = ("vfm/**/*.py", "models/**/*", "macros/**/*", "python_models/**/*", "dbt_project.yml",
        "seeds/classifications/*", "seeds/published/*")  # fmt: skip
NOT_CODE = {f"vfm/synthetic/verify/{name}.py" for name in ("recovery", "recovery_report")}


class RecoveryError(Exception):
    """A seed could not be measured; the arguments are sentences for a person."""


def seeds_to_run(count: int) -> list[int]:
    """The fixed list of seeds: 1, 2, ..., without the shipped one."""
    return [seed for seed in range(1, count + 2) if seed != constants.DEFAULT_SEED][:count]


def fingerprint(project: Path) -> str:
    """SHA-256 of the code, the classifications, the printed tables and the packages; text."""
    return code_fingerprint(project, CODE, NOT_CODE)


def _kept_result(path, wanted):
    """The kept result of a seed; None if this code has not made one."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return found if found.get("fingerprint") == wanted else None


class SeedProcess:
    """Runs seeds, each in a process of its own; `end` stops those at work."""

    def __init__(self) -> None:
        self.at_work = set()
        self.ended = False

    def __call__(self, seed: int, folder: Path) -> dict:
        """Measure a seed; returns the content of its result.

        Raises
        ------
        RecoveryError
            With what the process said.
        """
        work, result = folder / "at_work" / str(seed), folder / f"{seed}.new"
        (folder / f"{seed}.log").unlink(missing_ok=True)
        environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1"}  # the same sums on every machine
        with subprocess.Popen(
            self.command(seed, work, result),
            cwd=PROJECT,
            env=environment,
            text=True,
            stdin=subprocess.PIPE,  # open as long as this process lives; the seed's ends with it
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        ) as process:
            self.at_work.add(process)
            if self.ended:
                process.kill()
            said = process.stderr.read()
            process.wait()
            self.at_work.discard(process)
        try:
            if process.returncode:
                raise RecoveryError(*self.failure(seed, process.returncode, said, work, folder))
            return json.loads(result.read_text(encoding="utf-8"))
        finally:
            result.unlink(missing_ok=True)
            shutil.rmtree(work, ignore_errors=True)

    @staticmethod
    def command(seed: int, work: Path, result: Path) -> list[str]:
        """The command that measures a seed."""
        module = "vfm.synthetic.verify.recovery_seed"
        return [
            *(sys.executable, "-m", module, str(seed)),
            *("--folder", str(work), "--result", str(result)),
        ]

    def failure(self, seed: int, status: int, said: str, work: Path, folder: Path) -> list[str]:
        """Sentences about a seed that failed; dbt's log is kept."""
        lines = [line for line in said.splitlines() if line.strip()]
        if "Traceback (most recent call last):" in lines:
            lines = lines[-1:]
        if status < 0:
            lines.append(f"It was killed (signal {-status}), perhaps because memory ran out. {machine.SEE}")
        sentences = [line for line in lines if not line.startswith("The full log is ")]
        log = work / "build" / "logs" / "dbt.log"
        if log.exists() and not self.ended:
            shutil.copy2(log, folder / f"{seed}.log")
            sentences.append(f"dbt's log is kept in {folder / f'{seed}.log'}.")
        return [f"Seed {seed} failed.", *sentences]

    def end(self) -> None:
        """Stop what is at work."""
        self.ended = True
        for process in list(self.at_work):
            process.kill()  # dbt below it ends with it


def run_seeds(
    seeds: list[int],
    folder: Path,
    runner: Callable[[int, Path], dict],
    mark: str,
    *,
    processes: int = PROCESSES,
    stream: TextIO = sys.stdout,
) -> list[dict]:
    """Results of all seeds, those of an earlier run included.

    Parameters
    ----------
    seeds : list of int
    folder : Path
        Keeps <seed>.json.
    runner : callable
        ``runner(seed, folder)`` returns the result of a seed (see `recovery_seed.measure_seed`).
    mark : str
        Fingerprint; results with another one are made anew.
    processes : int
    stream : text file
        Where progress is shown.

    Returns
    -------
    list of dict
        In the order of the seeds.

    Raises
    ------
    RecoveryError
        If a seed failed; what others have finished is kept.
    """
    kept = {seed: _kept_result(folder / f"{seed}.json", mark) for seed in seeds}
    results = {seed: found for seed, found in kept.items() if found}
    waiting = deque(seed for seed in seeds if seed not in results)
    progress = terminal.Progress(stream, len(seeds), "seeds", done=len(results))
    if results:
        print(f"{len(results)} of {len(seeds)} seeds are kept from an earlier run.", file=stream)
    with ThreadPoolExecutor(processes) as pool:
        running = {}
        try:
            while waiting or running:
                while waiting and len(running) < processes:
                    seed = waiting.popleft()
                    running[pool.submit(runner, seed, folder)] = seed
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    seed = running.pop(future)
                    results[seed] = {**future.result(), "fingerprint": mark}
                    write_result(folder / f"{seed}.json", results[seed])
                    progress.count(recovery_report.one_line(results[seed]))
        except BaseException:
            getattr(runner, "end", lambda: None)()
            raise
    progress.end()
    return [results[seed] for seed in seeds]


def _recover(seeds, processes, stream=sys.stdout):
    """Run in the build folder, alone there; see `run_seeds`."""
    before = os.umask(0o077)
    paths = Paths.from_environment(PROJECT)
    folder = paths.build / "recovery"
    try:
        build_folder.claim(paths)
        folder.mkdir(parents=True, exist_ok=True)
        with machine.only_build(folder, paths.short(folder)):
            shutil.rmtree(folder / "at_work", ignore_errors=True)  # of a run that was killed
            try:
                mark = fingerprint(PROJECT)
                return run_seeds(seeds, folder, SeedProcess(), mark, processes=processes, stream=stream)
            finally:
                _remove(folder / "at_work")
    finally:
        os.umask(before)


def _remove(folder, patience=10.0):
    """Remove a folder into which a process that was just killed may still write."""
    deadline = time.monotonic() + patience
    shutil.rmtree(folder, ignore_errors=True)
    while folder.exists() and time.monotonic() < deadline:
        time.sleep(0.2)
        shutil.rmtree(folder, ignore_errors=True)


def _parse(arguments):
    """Options of the command line; wrong ones end with one clear sentence."""
    parser = argparse.ArgumentParser(
        prog="python -m vfm.synthetic.verify.recovery",
        description="Other seeds through the pipeline: how far it finds what was simulated.",
    )
    parser.add_argument("--seeds", type=int, default=SEEDS, help=f"how many, from 1 on; default {SEEDS}")
    parser.add_argument("--processes", type=int, default=PROCESSES, help="seeds at once, 2 GB of memory each")
    parser.add_argument("--page", type=Path, default=PAGE, help="the page whose results are written anew")
    options = parser.parse_args(arguments)
    for name in ("seeds", "processes"):
        if getattr(options, name) < 1:
            parser.error(f"--{name} must be at least 1, got {getattr(options, name)}")
    return options


def main(arguments: list[str] | None = None) -> int:
    """Run from the command line; returns the exit status."""
    options = _parse(arguments)
    if study_name() != DEFAULT_STUDY:
        print(
            f"make recovery compares with the print and the truth of {DEFAULT_STUDY}: run it without STUDY, "
            f"not with {study_name()}. {studies.SEE}",
            file=sys.stderr,
        )
        return 1
    try:
        with machine.told_to_end():
            results = _recover(seeds_to_run(options.seeds), options.processes)
        recovery_report.write_page(options.page, results)
    except (RecoveryError, machine.BuildError) as problem:
        print("", *problem.args, "Finished seeds are kept: make recovery goes on.", sep="\n", file=sys.stderr)
        return 1
    except machine.Stopped as stop:
        print("\nInterrupted. Finished seeds are kept: make recovery goes on.", file=sys.stderr)
        return 128 + stop.args[0]
    print(f"\n{recovery_report.verdict(results)}\n{recovery_report.costs(results)} Written: {options.page}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
