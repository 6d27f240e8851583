"""Processes that compute the blocks of the bootstrap, and the messages to them.

They are started"""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np

from vfm.statistics.replicates import Problem, block_indicators

_MEMORY = 2e9  # bytes that all workers may hold, about; one holds twice what it is given


class _Pipe:
    """only `read` or `write` of a stream: numpy asks real files for a position, which a pipe lacks."""

    def __init__(self, *, read=None, write=None):
        self.read, self.write = read, write


def _write(stream, arrays):
    pipe = _Pipe(write=stream.write)
    np.lib.format.write_array(pipe, np.array(list(arrays)), allow_pickle=False)
    for value in arrays.values():
        np.lib.format.write_array(pipe, np.asarray(value), allow_pickle=False)
    stream.flush()


def _read(stream):
    pipe = _Pipe(read=stream.read)
    names = np.lib.format.read_array(pipe, allow_pickle=False)
    return {str(name): np.lib.format.read_array(pipe, allow_pickle=False) for name in names}


def _work():
    """Body of a worker process: a problem on standard input, one answer for each block on standard output."""
    arrays = _read(sys.stdin.buffer)
    threading.Thread(target=_end_with_input, daemon=True).start()
    problem = Problem(arrays)
    for block, first, last in arrays["blocks"]:
        answer = block_indicators(problem, int(arrays["seed"]), int(first), int(last))
        _write(sys.stdout.buffer, {"block": np.array(block), "indicators": answer})


def _end_with_input():
    """End once standard input is closed, as when the parent process was killed: nobody waits for answers."""
    os.read(sys.stdin.fileno(), 1)
    os._exit(1)


class _Worker(threading.Thread):
    """One worker process and the thread that talks to it."""

    def __init__(self, arrays, blocks, deliver):
        super().__init__(daemon=True)
        self.arrays = arrays | {
            "blocks": np.array([(i, a, b) for i, (a, b) in blocks], np.int64).reshape(-1, 3)
        }
        self.expected, self.deliver = len(blocks), deliver
        self.received, self.problem = 0, None
        one_thread = {f"{name}_NUM_THREADS": "1" for name in ("OPENBLAS", "OMP", "MKL")}
        package = str(Path(__file__).resolve().parents[2])
        path = os.pathsep.join([package, *filter(None, [os.environ.get("PYTHONPATH")])])
        self.process = subprocess.Popen(
            [sys.executable, "-m", "vfm.statistics.workers"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | one_thread | {"PYTHONPATH": path},
        )

    def run(self):
        try:
            _write(self.process.stdin, self.arrays)
            for _ in range(self.expected):
                answer = _read(self.process.stdout)
                self.received += 1
                self.deliver(int(answer["block"]), answer["indicators"])
        except (OSError, ValueError, EOFError) as error:
            self.problem = error


def number_of_workers(arrays: dict) -> int:
    """One for each processor that this process may use, at most 8, and fewer where they would take 2 GB."""
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    size = sum(value.nbytes for value in arrays.values())
    return min(usable, 8, int(_MEMORY / (2 * size)))


def run(
    arrays: dict,
    blocks: list[tuple[int, int]],
    processes: int | None,
    deliver: Callable[[int, np.ndarray], None],
) -> None:
    """Compute blocks of replicates in processes of their own.

    Parameters
    ----------
    arrays : dict of str to array
        As `bootstrap.prepare`, with the seed.
    blocks : list of (int, int)
        First replicate of each block, and the first that is not in it.
    processes : int or None
        How many processes; None for `number_of_workers`.
    deliver : callable
        Called with the number of a block and its indicators (replicates, K), by any thread.

    Raises
    ------
    RuntimeError
        A worker process ended early (its own message is on standard error).
    """
    processes = number_of_workers(arrays) if processes is None else int(processes)
    processes = max(1, min(processes, len(blocks)))
    numbered = list(enumerate(blocks))
    workers = [_Worker(arrays, numbered[i::processes], deliver) for i in range(processes)]
    try:
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
            code = worker.process.wait()
            if code or worker.problem or worker.received < worker.expected:
                raise RuntimeError(
                    f"a bootstrap worker ended with status {code} "
                    f"after {worker.received} of {worker.expected} blocks"
                    + (f" ({worker.problem})" if worker.problem else "")
                )
    finally:
        for worker in workers:
            if worker.process.poll() is None:
                worker.process.kill()
            worker.process.wait()
            worker.process.stdout.close()
            with suppress(BrokenPipeError):  # of one that died before it had read everything
                worker.process.stdin.close()


if __name__ == "__main__":
    _work()
