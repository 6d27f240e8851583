"""Judge many mutations on two cores: the worlds they are made of, what is kept, and the processes."""

import hashlib
import json
import multiprocessing
import os
import sys
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

from vfm.synthetic.verify.mutations import inputs
from vfm.synthetic.verify.mutations.catalogue import Mutation
from vfm.synthetic.verify.mutations.inputs import Changed
from vfm.synthetic.verify.mutations.judging import Bench, Judgement
from vfm.synthetic.verify.worlds import SimulatedDelivery, make_world
from vfm.synthetic.world import constants
from vfm.warehouse import terminal
from vfm.warehouse.paths import PROJECT
from vfm.warehouse.provenance import accounts_fingerprint, code_fingerprint, register_fingerprint

SCALE = 0.1
OTHER_SEED = 7
PROCESSES = 2
OFTEN = 25  # mutations after which what is known so far is written
#: what the check says follows from these, and from the delivery
CHECK = ("vfm/registers/**/*", "vfm/warehouse/dbt_sql.py", "macros/**/*", "models/sources.yml",
         "models/staging/**/*", "models/intermediate/deliveries/*", "tests/registers/*.sql",
         "seeds/classifications/*", "dbt_project.yml",
         "vfm/synthetic/verify/mutations/judging.py")  # fmt: skip
SIMULATOR = ("vfm/synthetic/*.py", "vfm/synthetic/world/*", "vfm/synthetic/delivery/*",
             "seeds/classifications/*", "seeds/published/*")  # fmt: skip
MOUNTING = PROJECT / "macros" / "deliveries" / "mount_registers.sql"
BENCH = None  # of a worker's process


def kept_delivery(folder: Path, seed: int) -> SimulatedDelivery:
    """Simulate the small world of a seed into a folder, unless the same code has done so before.

    Raises
    ------
    machine.BuildError
        If it cannot be simulated.
    """
    made_by = folder / "made_by"
    mark = _mark(code_fingerprint(PROJECT, SIMULATOR), f"{seed} {SCALE}")
    if made_by.exists() and made_by.read_text(encoding="utf-8") == mark:
        return SimulatedDelivery(folder)
    made = make_world(folder, seed, SCALE)
    made_by.write_text(mark, encoding="utf-8")
    return made


def _mark(*texts):
    return hashlib.sha256("\0".join(texts).encode()).hexdigest()


class Kept:
    """What came of mutations, kept from run to run as long as what it follows from is the same.

    Parameters
    ----------
    file : Path
        JSON.
    worlds : iterable of SimulatedDelivery
    """

    def __init__(self, file: Path, worlds: Iterable[SimulatedDelivery]) -> None:
        self.file = file
        try:
            self.found = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            self.found = {}
        rows = [register_fingerprint(world.registers) for world in worlds]
        rows += [accounts_fingerprint(world.statbank) for world in worlds]
        sql = [inputs.query(name) for name in inputs.models()]
        sql += [rows for _, rows in inputs.COMPARED.values()]
        seeds = [inputs.seed_file(name).read_text("utf-8") for name in inputs.seeds()]
        self.inputs = _mark(*rows, *sql, *seeds, MOUNTING.read_text(encoding="utf-8"))
        self.check = _mark(*rows, code_fingerprint(PROJECT, CHECK))

    def changed(self, mutation: Mutation) -> Changed | None:
        """Return what a mutation changes, None if that is not known."""
        found = self.found.get(_mark(self.inputs, str(mutation.files)))
        return Changed(**found) if found else None

    def judgement(self, mutation: Mutation) -> Judgement | None:
        """Return the judgement of a mutation, None if it is not known."""
        changed = self.changed(mutation)
        said = self.found.get(_mark(self.check, str(mutation.files)))
        return Judgement(mutation, *said, changed) if said and changed else None

    def put(self, judgement: Judgement) -> None:
        """Keep a judgement."""
        files = str(judgement.mutation.files)
        self.found[_mark(self.inputs, files)] = asdict(judgement.changed)
        self.found[_mark(self.check, files)] = [judgement.answer, judgement.said]

    def write(self) -> None:
        """Write the file."""
        new = self.file.with_suffix(".new")
        new.write_text(json.dumps(self.found), encoding="utf-8")
        new.replace(self.file)


def _prepare(world, other, folder):
    """Set a worker's process up."""
    global BENCH
    os.umask(0o077)
    os.environ["VFM_THREADS"] = "1"
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # DuckDB shows there how far a query is
    BENCH = Bench(world, other, folder / f"work_{os.getpid()}")


def _judge(mutation, changed):
    return BENCH.judge(mutation, changed)


def run(
    mutations: Iterable[Mutation],
    folder: Path,
    so_far: Callable[[list[Judgement]], None] = lambda judgements: None,
    *,
    processes: int = PROCESSES,
    stream: TextIO = sys.stderr,
) -> list[Judgement]:
    """Judge mutations.

    Parameters
    ----------
    mutations : iterable of Mutation
    folder : Path
        For the worlds, the changed deliveries and what is kept.
    so_far : callable
        Is given all judgements so far, now and then.
    processes : int
    stream : text file
        Where progress is shown.

    Returns
    -------
    list of Judgement
        In the order of the mutations.
    """
    mutations = list(mutations)
    worlds = (
        kept_delivery(folder / "world", constants.DEFAULT_SEED),
        kept_delivery(folder / "other", OTHER_SEED),
    )
    kept = Kept(folder / "kept.json", worlds)
    found = {each.name: known for each in mutations if (known := kept.judgement(each))}
    waiting = [each for each in mutations if each.name not in found]
    progress = terminal.Progress(stream, len(mutations), "mutations", done=len(found))
    if found:
        print(f"{len(found)} of {len(mutations)} mutations are kept from an earlier run.", file=stream)
    if waiting:
        context = multiprocessing.get_context("spawn")  # DuckDB's threads do not survive a fork
        with ProcessPoolExecutor(processes, context, _prepare, (*worlds, folder)) as pool:
            futures = [pool.submit(_judge, each, kept.changed(each)) for each in waiting]
            try:
                for future in as_completed(futures):
                    judgement = future.result()
                    found[judgement.mutation.name] = judgement
                    kept.put(judgement)
                    progress.count(_one_line(judgement))
                    if len(found) % OFTEN == 0:
                        kept.write()
                        so_far(list(found.values()))
            finally:
                pool.shutdown(wait=True, cancel_futures=True)
                kept.write()
    progress.end()
    return [found[mutation.name] for mutation in mutations]


def _one_line(judgement):
    mutation = judgement.mutation
    return "held out" if mutation.is_held_out else f"{mutation.name} {judgement.verdict}"
