"""A simulated delivery in a folder: what the commands of this package are run on."""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from vfm.warehouse import machine
from vfm.warehouse.paths import PROJECT


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
