"""Residuals of a Cox fit by row of the input, from its public parts: a reference for the tests."""

import numpy as np

from vfm.statistics import cox


def martingale_residuals(result):
    """(n,) event less expected number of events, unweighted."""
    out = np.empty(result.observations)
    out[result.rows.risk_sets.order] = result.score_parts.residual
    return out


def score_residuals(result):
    """(n, p) derivative of the score by each row's weight, unweighted; 0 for columns not estimated."""
    rows, parts = result.rows, result.score_parts
    risk, event = rows.risk_sets, rows.risk_sets.event[:, None]
    own = 0.0 if parts.own is None else rows.relative[:, None] * parts.own[risk.week]
    scores = parts.residual[:, None] * cox.rows_of(rows.covariates, slice(None))
    scores = scores + rows.relative[:, None] * parts.drift[risk.week] - event * (parts.mean[risk.week] + own)
    out = np.zeros((result.observations, len(result.terms)))
    out[np.ix_(risk.order, np.flatnonzero(result.estimated))] = scores
    return out
