"""Finds the maximum of a partial likelihood, or names what keeps it from being found.

Notes
-----
Newton's method with step halving, BFGS steps between Newton's (Nocedal & Wright 2006, chapter 6), until the
maximum is within 1e-11 standard errors.
"""

from __future__ import annotations

import numpy as np
from scipy import linalg

from vfm.statistics.cox.likelihood import Likelihood, State
from vfm.statistics.cox.names import COLLINEAR, CONSTANT, ESTIMATED

COLLINEAR_TOLERANCE = 1e-9
_MAX_ITERATIONS = 60
_DECREMENT = 1e-22  # squared distance to the maximum, in standard errors, at which Newton's method is done
_ROUNDING = 1e-12  # or below this, where it falls no more
_ROUGH = 1e-6  # squared distance down to which single precision leads
_SEPARATION_TOLERANCE = 1e-7  # share of the information without covariates below which a direction is lost


class ConvergenceError(ArithmeticError):
    """Newton's method did not reach a maximum; the message names the gradient and the likely columns."""


def independent(information: np.ndarray, least: np.ndarray, tolerance: float = COLLINEAR_TOLERANCE) -> bool:
    """Whether no column is collinear or constant: `collinear` in brief, True only if it finds nothing."""
    try:  # the squared diagonal of the Cholesky factor is what the columns before it leave of each
        pivots = np.diag(linalg.cholesky(information)) ** 2
    except (linalg.LinAlgError, ValueError):
        return False
    diagonal = np.diag(information)
    return bool((pivots > tolerance * diagonal).all() and (diagonal > least).all())


def collinear(information: np.ndarray, least: np.ndarray) -> np.ndarray:
    """Columns whose information is used up by columns before them (sweep in column order).

    Information up to `least` (columns,) is rounding: the column does not vary.
    """
    diagonal = np.diag(information).copy()
    if independent(information, least):
        return np.full(len(diagonal), ESTIMATED, dtype=object)
    A = information.copy()
    out = np.zeros(len(A), dtype=object)
    for j in range(len(A)):
        if diagonal[j] <= least[j]:
            out[j] = CONSTANT
        elif A[j, j] <= COLLINEAR_TOLERANCE * diagonal[j]:
            out[j] = COLLINEAR
        else:
            out[j] = ESTIMATED
            A -= np.outer(A[:, j], A[j]) / A[j, j]
    return out


def _separation(likelihood, inverse, information, terms):
    """Raise where the information has vanished in some direction: coefficients run away.

    One event in a level keeps its information at about one event, out of the number expected without
    covariates. Where a combination separates those with events from those without, it falls for ever as the
    coefficients grow. The traces bound the smallest share from below (`inverse` is that of the information)
    and settle nearly every case.
    """
    if inverse is not None and np.trace(inverse) * likelihood.null_trace() < 1 / _SEPARATION_TOLERANCE:
        return
    null = likelihood.null_information()
    values, vectors = linalg.eigh(information, null)
    if values[0] > _SEPARATION_TOLERANCE:
        return
    direction = np.abs(vectors[:, 0]) * np.sqrt(np.diag(null))
    leading = [j for j in np.argsort(-direction)[:4] if direction[j] > 0.2 * direction.max()]
    raise ConvergenceError(
        f"the Cox likelihood has no maximum: {'a combination of ' if len(leading) > 1 else ''}"
        f"{', '.join(terms[j] for j in leading)} separates those with events from those without "
        "(its coefficients run away); leave out or merge levels"
    )


def _climb(likelihood, b, state, information, inverse, target):
    """Climb from `b` until the squared distance to the maximum, in standard errors, is below `target`.

    A Newton step costs several times its gradient. Steps after it therefore take the inverse information that
    it had, with the update of BFGS (Nocedal & Wright 2006, chapter 6), and the information is renewed when
    the distance to the maximum (the Newton decrement) no longer falls fast, and at the maximum. One of
    `information` (at `b`) and `inverse` (about that of the information) may be None.

    Returns b, the state, its gradient, information and inverse, the steps taken and whether it got there.
    """
    gradient = likelihood.gradient(state)
    fresh, previous = information is not None, np.inf
    steps, arrived = 0, False
    try:
        while steps < _MAX_ITERATIONS:
            if inverse is None:
                if not fresh:
                    information, fresh = likelihood.information(state), True
                inverse = linalg.cho_solve(linalg.cho_factor(information), np.eye(len(b)))
            step = inverse @ gradient
            decrement = float(step @ gradient)
            done = decrement < target or _ROUNDING > decrement > 0.1 * previous
            if done and fresh:
                arrived = True
                break
            if not fresh and (done or decrement > 0.05 * previous):
                inverse = None
                continue
            steps += 1
            eta_step = likelihood.predictor(step)
            # far from the maximum Newton overshoots: no step may change a relative hazard more than e^10-fold
            size = min(1.0, 10 / max(np.max(np.abs(eta_step)), 1e-300))
            least = state.log_likelihood - 1e-12 * abs(state.log_likelihood)
            trial = likelihood.state(state.eta + size * eta_step)
            while fresh and size > 1e-10 and (trial is None or trial.log_likelihood < least):
                size /= 2
                trial = likelihood.state(state.eta + size * eta_step)
            if trial is None or trial.log_likelihood < least:
                if fresh:
                    break
                inverse = None
                continue
            b, state, fresh = b + size * step, trial, False
            before, gradient = gradient, likelihood.gradient(state)
            if size < 1:
                inverse, previous = None, np.inf
                continue
            previous = decrement
            fall = before - gradient
            slope = fall @ step
            if slope > 0:
                moved = inverse @ fall
                cross = np.outer(step, moved) / slope
                inverse = inverse - cross - cross.T
                inverse += np.outer(step, step) * ((1 + fall @ moved / slope) / slope)
    except (linalg.LinAlgError, ValueError):
        pass  # the information has vanished
    return b, state, gradient, information, inverse, steps, arrived


def newton_maximum(
    likelihood: Likelihood,
    rough: Likelihood,
    terms: list,
    b: np.ndarray,
    state: State,
    information: np.ndarray,
) -> tuple[np.ndarray, State, np.ndarray, np.ndarray, int]:
    """Maximise from `b`; returns the coefficients, state, gradient, inverse information and iterations.

    Single precision (`rough`, if it is another one) leads near the maximum, double precision decides.
    """
    inverse, before = None, 0
    if rough is not likelihood:
        b, _, _, _, inverse, before, arrived = _climb(rough, b, state, information, None, _ROUGH)
        state, information = likelihood.state(likelihood.predictor(b)), None
        if state is None:
            b, state = np.zeros(len(b)), likelihood.null
        if not arrived:
            inverse = None
    climbed = _climb(likelihood, b, state, information, inverse, _DECREMENT)
    b, state, gradient, information, inverse, steps, arrived = climbed
    if arrived:
        _separation(likelihood, inverse, information, terms)
        return b, state, gradient, inverse, before + steps
    try:
        _separation(likelihood, None, information, terms)
    except (linalg.LinAlgError, ValueError):
        pass
    steepest = np.argmax(np.abs(gradient))
    raise ConvergenceError(
        f"the Cox likelihood has no maximum within reach: after {before + steps} iterations the largest "
        f"gradient is {abs(gradient[steepest]):.2e} per standard deviation of {terms[steepest]}"
    )
