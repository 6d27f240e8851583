"""What a Cox model accepts, and the columns that vary too little to be estimated."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from vfm.statistics.arguments import InputError
from vfm.statistics.covariates import Packed, packed, rows_of
from vfm.statistics.cox.names import CONSTANT, ESTIMATED, INFINITE
from vfm.statistics.risk_sets import RiskSets

_DENSE = 2**24  # numbers in X (128 MB) beyond which it is packed
_HEAVY = 1e12  # the largest weight, and its inverse the smallest


def checked(
    duration: np.ndarray,
    event: np.ndarray,
    X: ArrayLike | None,
    weights: np.ndarray | None,
    cluster: np.ndarray | None,
) -> tuple:
    """Arguments that `fit` accepts one by one, together: as arrays, refused where they do not make a model.

    Returns
    -------
    duration : (n,) float array
    event : (n,) bool array
    X : (n, p) float array or Packed
    terms : list of str
    weights : (n,) float array
    cluster : (n,) int array or None

    Raises
    ------
    ValueError
        As `fit`.
    """
    n = len(duration)
    if X is None:
        X = np.empty((n, 0))
    terms = [str(c) for c in X.columns] if isinstance(X, pd.DataFrame) else None
    if not (large := getattr(X, "ndim", 0) == 2 and X.size > _DENSE):
        X = np.asarray(X, float)
    if X.ndim == 1 and X.size == 0:
        X = X.reshape(n, 0)
    if X.ndim != 2 or len(X) != n:
        raise InputError(
            f"X must have shape ({n}, p) like the {n} durations, not {X.shape}: give one row each"
        )
    terms = terms or [f"x{j}" for j in range(X.shape[1])]
    weighted = "" if weights is None else " with a weight"
    weights = np.ones(n) if weights is None else weights
    if not weights.any():
        raise InputError("weights are 0 in every row: give at least one row a weight")
    low, high = np.min(weights[weights > 0]), np.max(weights)
    if low < 1 / _HEAVY or high > _HEAVY:
        raise InputError(
            f"weights that are not 0 reach from {low:.3g} to {high:.3g}: give weights between {1 / _HEAVY:g} "
            f"and {_HEAVY:g}, beyond which sums of them lose their digits"
        )
    rows = np.count_nonzero(weights)
    if not (event & (weights > 0)).any():
        raise InputError(
            f"event is false in every row{weighted}: a Cox model of {rows} rows with no events says nothing"
        )
    if rows <= X.shape[1]:
        raise InputError(f"X has {X.shape[1]} columns but only {rows} rows{weighted}: too few to fit them")
    X = packed(X) if large else X
    return duration, event, X, terms, weights, None if cluster is None else pd.factorize(cluster)[0]


def screened(
    risk: RiskSets, X: np.ndarray | Packed, weights: np.ndarray, at_risk: np.ndarray
) -> tuple[np.ndarray, dict[int, float]]:
    """Columns that vary too little: status (p,) and {infinite column: the value at which its events lie}.

    X, weights and `at_risk` (at the first event) are in the order of the input. Only a column that is the
    same in every event can be constant or infinite, and some hundred events rule most columns out. In the
    limit of an infinite coefficient the rows at other values leave every risk set, which can leave further
    columns without variation: hence the loop.
    """
    status = np.full(X.shape[1], ESTIMATED, dtype=object)
    events = risk.order[risk.event_rows]
    events = events[weights[events] > 0]
    same = np.arange(len(status))
    for some in (events[:256], events):
        values = rows_of(X, some, same)
        same = same[(values == values[:1]).all(axis=0)]
    at = {}
    if not len(same):
        return status, at
    X = rows_of(X, slice(None), same)
    at_event = X[events[0]]
    keep = at_risk & (weights > 0)
    changed = True
    while changed:
        changed = False
        low, high = X[keep].min(axis=0), X[keep].max(axis=0)
        for i, j in enumerate(same):
            if status[j] != ESTIMATED:
                continue
            if low[i] == high[i]:
                status[j] = CONSTANT
            elif at_event[i] in (low[i], high[i]):
                status[j] = INFINITE
                at[j] = float(at_event[i])
                keep &= X[:, i] == at_event[i]
                changed = True
                break
    return status, at
