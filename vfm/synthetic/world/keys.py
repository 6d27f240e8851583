"""Person keys: opaque, distinct over all worlds, and without any relation to what a person is like."""

import numpy as np

from vfm.synthetic.world.streams import stream

LARGEST_SHARD = 255


def pnr_codes(seed: int, name: str, count: int, shard: int = 0) -> np.ndarray:
    """Distinct opaque 12-character person keys in random order; (count,) text array.

    Parameters
    ----------
    seed : int
    name : str
        Name of the kind of persons; its first letter keeps the kinds apart.
    count : int
    shard : int
        From 0 to `LARGEST_SHARD`; the two characters after the first keep the shards apart.
    """
    rng = stream(seed, "pnr", name)
    numbers = np.unique(rng.integers(0, 16**8, 2 * count + 100))
    numbers = rng.permutation(numbers)[:count]
    prefix = pnr_prefix(name, shard)
    return np.array([f"{prefix}{number:09X}" for number in numbers], dtype=object)


def pnr_prefix(name: str, shard: int) -> str:
    """The three characters that all keys of a kind of persons of a shard begin with."""
    return f"{name[0]}{shard:02X}"
