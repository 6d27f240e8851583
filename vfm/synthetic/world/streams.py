"""Named random streams: one independent generator for each part of the world."""

import zlib

import numpy as np
from numpy.typing import ArrayLike


def stream(seed: int, *names: str | int) -> np.random.Generator:
    """Generator for one named part of the world.

    A part that draws more or fewer numbers than before does not disturb the other parts, and neither the
    process nor its hash seed matters.

    Parameters
    ----------
    seed : int
        The seed of the whole world, not negative.
    *names : str or int
        The name of the part, for example ``"histories", 2``.

    Returns
    -------
    numpy.random.Generator
    """
    key = zlib.crc32("/".join(str(name) for name in names).encode())
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, key])))


Rows = np.ndarray | slice


class PersonDraws:
    """Random numbers of some persons of a pool.

    Each call draws for the whole pool, so a person gets the same numbers whoever else is drawn with it: a
    world in which one person more is settled differs by that person alone.

    Parameters
    ----------
    rng : numpy.random.Generator
    pool_size : int
    members : (n,) int array, optional
        Positions in the pool; the whole pool unless given.
    """

    def __init__(self, rng: np.random.Generator, pool_size: int, members: np.ndarray | None = None) -> None:
        self.rng = rng
        self.pool_size = pool_size
        self.members = np.arange(pool_size) if members is None else np.asarray(members)

    def uniform(self, rows: Rows = slice(None)) -> np.ndarray:
        """Uniform on [0, 1) for some rows of the members; (m,) float array."""
        return self.rng.random(self.pool_size)[self.members[rows]]

    def exponential(self, rows: Rows = slice(None)) -> np.ndarray:
        """Exponential with mean 1; (m,) float array."""
        return -np.log1p(-self.uniform(rows))

    def integers(self, low: int, high: int, rows: Rows = slice(None)) -> np.ndarray:
        """Whole numbers from low to below high; (m,) int array."""
        return low + np.floor(self.uniform(rows) * (high - low)).astype(np.int64)

    def choice(self, levels: ArrayLike, shares: ArrayLike, rows: Rows = slice(None)) -> np.ndarray:
        """One of the levels, by their shares; (m,) array."""
        cumulative = np.cumsum(shares) / np.sum(shares)
        cumulative[-1] = 1.0
        return np.asarray(levels)[np.searchsorted(cumulative, self.uniform(rows), side="right")]
