"""The whole numbers behind a rounded one."""

from __future__ import annotations

import math

import numpy as np


def simplest_fraction(low: float, high: float) -> tuple[int, int]:
    """The fraction d/n with the smallest n in [low, high], 0 <= low <= high.

    Notes
    -----
    By continued fractions. It has the least numerator, too: whatever d/n was, neither is smaller.
    """
    whole = math.ceil(low)
    if whole <= high:
        return whole, 1
    down = math.floor(low)
    d, n = simplest_fraction(1 / (high - down), 1 / (low - down))
    return n + down * d, d


def numerators(n: np.ndarray, low: float, high: float) -> tuple[np.ndarray, np.ndarray]:
    """Least and greatest d with d/n in [low, high], for every n; least above greatest where there is none.

    Parameters
    ----------
    n : (k,) int array
        1 or more.
    low, high : float
        Bounds of the fraction; they may be infinite.

    Returns
    -------
    least, greatest : (k,) float arrays
        Within 0..n.
    """
    low, high = max(low, 0.0), min(high, 1.0)
    # the bounds hold what rounding leaves; this is the error of the product alone
    least = np.ceil(low * n - 1e-9)
    return np.maximum(least, 0), np.minimum(np.floor(high * n + 1e-9), n)
