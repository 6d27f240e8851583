"""The whole numbers behind a rounded one: fractions by the Stern-Brocot tree, and integers of intervals."""

from __future__ import annotations

import math

import numpy as np


def integers_between(low: float, high: float, slack: float = 1e-9) -> tuple[int, int]:
    """Least and greatest integer of an interval; the first is above the second where there is none."""
    return math.ceil(low - slack), math.floor(high + slack)


def simplest_fraction(low: float, high: float) -> tuple[int, int]:
    """The fraction d/n with the smallest n in [low, high], 0 <= low <= high.

    Notes
    -----
    Continued fractions, as `fractions.Fraction.limit_denominator` but for an interval.
    """
    whole = math.ceil(low)
    if whole <= high:
        return whole, 1
    down = math.floor(low)
    d, n = simplest_fraction(1 / (high - down), 1 / (low - down))
    return n + down * d, d


def fractions_between(low: float, high: float, largest: int) -> list[tuple[int, int]]:
    """All reduced fractions d/n in [low, high] with n <= largest, by n.

    Parameters
    ----------
    low, high : float
        In [0, 1].
    largest : int
    """
    found = []
    n = np.arange(1, largest + 1)
    first, last = np.ceil(low * n - 1e-12), np.floor(high * n + 1e-12)
    for k in np.flatnonzero(first <= last):
        for d in range(int(first[k]), int(last[k]) + 1):
            if math.gcd(d, int(n[k])) == 1:
                found.append((d, int(n[k])))
    return found


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
