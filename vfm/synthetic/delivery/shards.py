"""Large worlds: several of full size side by side, made by two processes in the memory of one world each.

A world of scale 10 is the world of scale 1 of its seed and nine more of the same size. They have other
persons, with ids of their own, in the same municipalities: labour market, effects, likings and expenditure
indicators are those of the first. What a process makes depends on the seed and the number of the world
alone, so it does not matter which process makes it, or how many there are.
"""

import multiprocessing
import os
import signal
import sys
import threading
from concurrent.futures import FIRST_COMPLETED, ProcessPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import pandas as pd

from vfm.synthetic.delivery import accounts, registers, truth_files
from vfm.synthetic.world import creation, expenditure, residence, spending
from vfm.warehouse import terminal

try:
    import resource
except ImportError:  # Windows: the peak of memory is not reported
    resource = None

PROCESSES = 2


@dataclass(frozen=True)
class Shard:
    """What is kept in memory of a world after its files are written.

    Attributes
    ----------
    folder : Path
        Holds `registers` and `truth`.
    written : list of dict
        See `registers.write_registers`.
    persons, spells : int
    programme : DataFrame
        See `expenditure.programme_sums`.
    peak : int
        Bytes of memory that the process has held at most.
    """

    folder: Path
    written: list
    persons: int
    spells: int
    programme: pd.DataFrame
    peak: int

    def in_words(self) -> str:
        """How large the world was."""
        return f"{self.persons:,} persons, {self.spells:,} spells"


def write_large_world(
    folder: Path,
    seed: int,
    shards: int,
    *,
    scale: float = 1.0,
    processes: int = PROCESSES,
    stream: TextIO = sys.stdout,
) -> tuple[list[dict], list[Shard]]:
    """Write registers, accounts and truth of a large world.

    Parameters
    ----------
    folder : Path
        Gets `registers`, `statbank` and `truth`; must be empty.
    seed : int
    shards : int
        Number of worlds, at most `keys.LARGEST_SHARD` + 1.
    scale : float
        Of each of them.
    processes : int
        Worlds that are made at once.
    stream : text file
        Where progress is shown.

    Returns
    -------
    written : list of dict
        One per register and account: register, files, rows, bytes.
    parts : list of Shard

    Raises
    ------
    concurrent.futures.process.BrokenProcessPool
        If a process was killed.
    OSError
        If something cannot be written.
    """
    municipal, positions, parts = _make(folder / "shards", seed, shards, scale, processes, stream)
    origin = registers.origin_in_words(seed, shards * scale)
    written = _join_registers(folder / "registers", parts)
    registers.write_registers_origin(folder / "registers", seed, shards * scale)
    truth_files.join_person_truth(folder / "truth", [part.folder / "truth" for part in parts])
    sums = pd.concat([part.programme for part in parts]).groupby(["place", "year"], sort=True).sum()
    booked = accounts.book_accounts(municipal, positions, expenditure.composition_of(sums), shards)
    written += accounts.write_accounts(folder / "statbank", booked, origin)
    truth_files.write_municipal_truth(folder / "truth", municipal, booked, shards)
    return written, parts


def _make(folder, seed, shards, scale, processes, stream):
    """Let processes make the worlds; returns what is true of the municipalities, positions and parts."""
    progress = terminal.Progress(stream, shards, "worlds")
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=_begin) as pool:
        try:
            progress.say("the first world is made and tuned")
            municipal, positions, first = pool.submit(_first, folder / "000", seed, scale).result()
            parts = {0: first}
            progress.count(first.in_words())
            waiting = iter(range(1, shards))
            running = {}
            while len(parts) < shards:
                for number in waiting:
                    running[pool.submit(_further, folder / f"{number:03d}", municipal, number)] = number
                    if len(running) == processes:
                        break
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    number = running.pop(future)
                    parts[number] = future.result()
                    progress.count(parts[number].in_words())
        except BaseException:
            for process in multiprocessing.active_children():
                process.kill()
            raise
        finally:
            progress.end()
    return municipal, positions, [parts[number] for number in range(shards)]


def _begin():
    """Prepare a worker process: it ignores Ctrl-C and ends when its parent process ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(multiprocessing.parent_process(),), daemon=True).start()


def _end_with(parent):
    parent.join()
    os._exit(1)


def _first(folder, seed, scale):
    """Make and write the first world; returns what the others and the accounts need of it."""
    made = creation.create_world(seed, scale)
    return made.municipal, spending.benchmark_positions(made), _written(folder, made)


def _further(folder, municipal, number):
    """Make and write another world."""
    return _written(folder, creation.create_shard(municipal, number))


def _written(folder, made):
    """Write a world below a folder; see `Shard`."""
    lived = residence.residence_of(made)
    for name in ("registers", "truth"):
        (folder / name).mkdir(parents=True)
    written = registers.write_registers(folder / "registers", made, lived)
    truth_files.write_person_truth(folder / "truth", made, lived)
    programme = expenditure.programme_sums(made, lived)
    return Shard(folder, written, len(made.persons), len(made.history.spells), programme, peak_memory())


def _join_registers(folder, parts):
    """Move the files of all parts into one register folder, numbered on; returns what lies there now."""
    total = {}
    for part in parts:
        for entry in part.written:
            of_register = total.setdefault(entry["register"], dict.fromkeys(("files", "rows", "bytes"), 0))
            for name in of_register:
                of_register[name] += entry[name]
    for register, sums in total.items():
        digits = max(2, len(str(sums["files"] - 1)))
        paths = [path for part in parts for path in sorted((part.folder / "registers" / register).iterdir())]
        (folder / register).mkdir(parents=True)
        for number, path in enumerate(paths):
            path.rename(folder / register / f"{register}_{number:0{digits}d}.parquet")
    return [{"register": register, **sums} for register, sums in total.items()]


def peak_memory() -> int:
    """Bytes of memory that this process has held at most; 0 if the system does not report it."""
    if resource is None:
        return 0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
