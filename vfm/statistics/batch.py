"""Many small maximisations side by side: BFGS over the columns of a matrix.

The replicates of a bootstrap are alike, and an array operation over many of them costs little more than
over one.

Notes
-----
Nocedal & Wright (2006), chapter 6: the inverse-Hessian update, with a simple backtracking search. A column
leaves the batch when it is done, so what a column returns depends on its own problem and, in the last digits,
on its batch.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def maximise(  # long: one loop, whose arrays shrink together as columns are done
    evaluate: Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]],
    start: np.ndarray,
    inverse: np.ndarray,
    *,
    decrement: float = 1e-13,
    iterations: int = 100,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Maximise one function per column.

    Parameters
    ----------
    evaluate : callable
        ``evaluate(b, active) -> (value, gradient)`` for coefficients b (p, m) of the columns `active` (m,) of
        the batch; value (m,), gradient (p, m). A value that is not finite is a step too far.
    start : (p, B) float array
    inverse : (p, p) float array
        Inverse of minus the second derivative near the maximum, roughly.
    decrement : float
        A column is done when gradient' inverse gradient (twice the distance to the maximum, for a quadratic)
        is below.
    iterations : int
        Limit of function evaluations for each column.

    Returns
    -------
    b : (p, B) float array
    value : (B,) float array
    left : (B,) float array
        The last gradient' inverse gradient of each column; large where the maximum was not reached.
    """
    count = start.shape[1]
    active = np.arange(count)
    final, values, left = start.copy(), np.empty(count), np.empty(count)
    b = start.copy()
    P = np.repeat(inverse[None], count, axis=0)
    value, g = evaluate(b, active)
    step = np.einsum("bij,jb->ib", P, g)
    length = np.ones(count)
    for used in range(iterations + 1):
        slope = np.einsum("ib,ib->b", g, step)
        done = (slope < decrement) | (length < 1e-8) | (used == iterations)
        if done.any():
            at = active[done]
            final[:, at], values[at], left[at] = b[:, done], value[done], slope[done]
            keep = ~done
            active, P, length, value = active[keep], P[keep], length[keep], value[keep]
            b, g, step = b[:, keep], g[:, keep], step[:, keep]
            if not len(active):
                break
        trial = b + length * step
        new_value, new_g = evaluate(trial, active)
        good = new_value >= value - 1e-12 * np.abs(value)
        s, y = trial - b, g - np.where(good, new_g, g)
        sy = np.einsum("ib,ib->b", s, y)
        update = good & (sy > 1e-300)
        rho = np.divide(1.0, sy, out=np.zeros_like(sy), where=update)
        Py = np.einsum("bij,jb->ib", P, y)
        scale = rho * (1 + rho * np.einsum("ib,ib->b", y, Py))
        cross = np.einsum("ib,jb->bij", s, Py * rho)
        change = np.einsum("ib,jb->bij", s, s * scale)
        change -= cross
        change -= cross.transpose(0, 2, 1)
        P += change
        b, g, value = np.where(good, trial, b), np.where(good, new_g, g), np.where(good, new_value, value)
        step = np.where(good, np.einsum("bij,jb->ib", P, g), step)
        length = np.where(good, 1.0, length / 2)
    return final, values, left
