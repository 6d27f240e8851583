"""Named random streams: one independent generator for each part of the world."""

import zlib

import numpy as np


def stream(seed, *names):
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
