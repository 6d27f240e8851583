"""What the commands of this package are run on: a folder of their own, and a simulated delivery in it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from vfm.warehouse import build_folder, machine
from vfm.warehouse.paths import PROJECT, Paths


@dataclass(frozen=True)
class SimulatedDelivery:
    """Where a simulated delivery, its accounts and its truth lie."""

    folder: Path

    @property
    def registers(self) -> Path:
        """The register folder."""
        return self.folder / "registers"

    @property
    def statbank(self) -> Path:
        """The folder of the accounts."""
        return self.folder / "statbank"

    @property
    def truth(self) -> Path:
        """The folder of the truth."""
        return self.folder / "truth"


@contextmanager
def work_folder(name: str) -> Iterator[Path]:
    """A folder within the build folder in which one command works, closed to others and to a second one.

    Parameters
    ----------
    name : str

    Raises
    ------
    machine.BuildError
        If the build folder cannot be used, or another command works there.
    machine.Stopped
        Where the command is told to end.
    """
    before = os.umask(0o077)
    try:
        paths = Paths.from_environment(PROJECT)
        folder = paths.build / name
        build_folder.claim(paths)
        folder.mkdir(parents=True, exist_ok=True)
        with machine.told_to_end(), machine.only_build(folder, paths.short(folder)):
            yield folder
    finally:
        os.umask(before)


def make_world(folder: Path, seed: int, scale: float) -> SimulatedDelivery:
    """Simulate the world of a seed into a folder, which is emptied before.

    Parameters
    ----------
    folder : Path
    seed : int
    scale : float
        Multiplies the population.

    Raises
    ------
    machine.BuildError
        If it cannot be simulated.
    """
    world = SimulatedDelivery(folder)
    shutil.rmtree(folder, ignore_errors=True)
    places = {"out": world.registers, "statbank": world.statbank, "truth": world.truth}
    options = [word for name, path in places.items() for word in (f"--{name}", str(path))]
    command = [sys.executable, "-m", "vfm.synthetic", "--seed", str(seed), "--scale", f"{scale:g}", *options]
    made = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
    if made.returncode:
        raise machine.BuildError(f"The world of seed {seed} was not simulated.", made.stderr.strip())
    return world
