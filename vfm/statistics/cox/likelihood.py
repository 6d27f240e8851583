"""The partial likelihood of one prepared data set, with its derivatives and score residuals.

Notes
-----
Breslow (1974) and Efron (1977) ties. Under Efron ties weights follow R's ``survival``: the tied events of a
week enter with their mean weight.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from vfm.statistics import covariates
from vfm.statistics.covariates import Packed, blocks_of, times_vector, vector_times
from vfm.statistics.risk_sets import RiskSets

_ROUGH_SIZE = 100_000  # numbers in X from which on single precision is worth its trouble


class ScoreParts(NamedTuple):
    """What the score residuals are made of.

    The score residual of a row x is ``residual x + relative drift``, less ``mean + relative own`` where it
    has the event; drift, mean and own are those of its week.

    Attributes
    ----------
    residual : (rows,) float array
        Event less expected number of events (the martingale residual), rows by duration.
    drift, mean : (weeks, columns) float arrays
    own : (weeks, columns) float array or None
        None under Breslow ties.
    """

    residual: np.ndarray
    drift: np.ndarray
    mean: np.ndarray
    own: np.ndarray | None


@dataclass
class _Hazard:
    """Sums over risk sets at one coefficient vector (all arrays by week unless said otherwise).

    The partial likelihood's denominators are `S0 - f S0D`, one for Breslow (f = 0, taken once with all
    deaths) and one for each tied event under Efron (f = 0, 1/d, ..., (d - 1)/d). With h the death weight over
    the denominator: A = sum h, B = sum f h, and alpha, beta, gamma = sums of h / denominator times 1, f, f^2.
    """

    log_denominators: float
    A: np.ndarray
    B: np.ndarray
    alpha: np.ndarray
    beta: np.ndarray
    gamma: np.ndarray


def _hazard(risk, deaths, death_weight, S0, S0D, ties):
    """`_Hazard` from the number and weight of deaths, the risk-set sum S0 and the sum over deaths S0D."""
    K = risk.weeks
    has = deaths > 0
    zero = np.zeros(K)
    if ties == "breslow":
        A, alpha = zero.copy(), zero.copy()
        A[has] = death_weight[has] / S0[has]
        alpha[has] = A[has] / S0[has]
        return _Hazard(float(death_weight[has] @ np.log(S0[has])), A, zero, alpha, zero, zero)
    week = np.repeat(np.arange(K), deaths)
    first = np.repeat(np.cumsum(deaths) - deaths, deaths)
    f = (np.arange(len(week)) - first) / deaths[week]
    mean_weight = death_weight[week] / deaths[week]
    denominator = S0[week] - f * S0D[week]
    h = mean_weight / denominator

    def by_week(v):
        return np.bincount(week, v, K)

    g = h / denominator
    return _Hazard(
        float(mean_weight @ np.log(denominator)),
        by_week(h),
        by_week(f * h),
        by_week(g),
        by_week(f * g),
        by_week(f * f * g),
    )


@dataclass
class State:
    """What the likelihood gives at one coefficient vector, in sorted order."""

    log_likelihood: float
    eta: np.ndarray  # (rows,) linear predictor of the centred columns
    relative: np.ndarray  # (rows,) its exponential, over that of the largest
    hazard: _Hazard
    row_hazard: np.ndarray  # (rows,) cumulative hazard up to the row's own week, Efron-corrected for deaths
    sums: tuple = None  # first moments over risk sets and over deaths, once asked for


class Likelihood:
    """Weighted partial likelihood of one prepared data set, by rows in sorted order and centred columns.

    X lies column after column in memory, where a product with a vector is several times as fast.
    Gradient and information are per `scale` of each column: its standard deviation, once somebody has set it.
    """

    def __init__(self, risk: RiskSets, X: np.ndarray | Packed, weights: np.ndarray, ties: str):
        self.risk, self.X, self.weights, self.ties = risk, X, weights, ties
        events = risk.event_rows
        self.death_weights = np.where(risk.event, weights, 0.0)
        counted = weights[events] > 0
        self.deaths = np.bincount(risk.event_week[counted], minlength=risk.weeks)
        self.death_weight = np.bincount(risk.event_week, weights[events], risk.weeks)
        self.positive = None if weights.min() > 0 else weights > 0
        self.scale = np.ones(X.shape[1])
        self.null = self.state(np.zeros(risk.rows))
        self._null_information = self._null_trace = None

    def rough(self) -> Likelihood:
        """The same with X in single precision, which is half as much to read; itself for small X."""
        if self.X.size < _ROUGH_SIZE:
            return self
        twin = copy(self)
        twin.X = self.X.astype(np.float32)
        return twin

    def standardise(self, information: np.ndarray, at_null: bool = False) -> np.ndarray:
        """Take the information's square root per event, about a standard deviation, as each column's unit.

        `at_null` says that the information is that at coefficients 0. Returns the information per unit.
        """
        self.scale = np.sqrt(np.diag(information) / self.death_weight.sum())
        information = information / np.outer(self.scale, self.scale)
        if at_null:
            self._null_trace = 1.001 * np.trace(information)  # more than single precision can err
        return information

    def predictor(self, b: np.ndarray) -> np.ndarray:
        """Linear predictors (rows,) of coefficients b per `scale`."""
        return times_vector(self.X, (b / self.scale).astype(self.X.dtype))

    def state(self, eta: np.ndarray) -> State | None:
        """`State` at linear predictors eta (rows,); None where they are too large for numbers."""
        risk, w = self.risk, self.weights
        shift = (eta if self.positive is None else eta[self.positive]).max()
        if not np.isfinite(shift):
            return None
        relative = np.exp(np.minimum(eta - shift, 700.0))
        r = w * relative
        S0 = risk.at_risk(r)
        if np.any(S0[self.deaths > 0] < 1e-150):
            return None
        efron = self.ties == "efron"
        S0D = np.bincount(risk.event_week, r[risk.event_rows], risk.weeks) if efron else None
        hazard = _hazard(risk, self.deaths, self.death_weight, S0, S0D, self.ties)
        row_hazard = np.cumsum(hazard.A)[risk.week]
        if efron:
            row_hazard[risk.event_rows] -= hazard.B[risk.event_week]
        value = self.death_weights @ eta - shift * self.death_weight.sum() - hazard.log_denominators
        return State(float(value), eta, relative, hazard, row_hazard)

    def gradient(self, state: State) -> np.ndarray:
        """First derivative, (columns,)."""
        residual = self.death_weights - self.weights * state.relative * state.row_hazard
        return vector_times(residual.astype(self.X.dtype), self.X) / self.scale

    def sums(self, state: State) -> tuple[np.ndarray, np.ndarray | None]:
        """First moments over risk sets and over deaths (None under Breslow ties), (weeks, columns) each."""
        if state.sums is not None:
            return state.sums
        risk = self.risk
        r = self.weights * state.relative
        S1 = risk.from_week_on(risk.weighted_sums(r, self.X))
        S1D = risk.weighted_sums(np.where(risk.event, r, 0.0), self.X) if self.ties == "efron" else None
        if self.X.dtype == np.float64:
            state.sums = S1, S1D
        return S1, S1D

    def second_moments(self, weight: np.ndarray) -> np.ndarray:
        """X' diag(weight) X, (columns, columns)."""
        root = np.sqrt(np.maximum(weight, 0.0)).astype(self.X.dtype)
        columns = self.X.shape[1]
        out = np.zeros((columns, columns))
        buffer = np.empty((columns, min(covariates.BLOCK, len(root))), self.X.dtype)
        for rows, X in blocks_of(self.X):
            for a in range(0, len(X), covariates.BLOCK):
                block = X.T[:, a : a + covariates.BLOCK]
                weights = root[rows.start + a : rows.start + a + block.shape[1]]
                part = np.multiply(block, weights, out=buffer[:, : block.shape[1]])
                out += part @ part.T
        return out

    def information(self, state: State) -> np.ndarray:
        """Minus the second derivative, (columns, columns)."""
        h = state.hazard
        out = self.second_moments(self.weights * state.relative * state.row_hazard)
        S1, S1D = self.sums(state)
        out -= (S1.T * h.alpha) @ S1
        if self.ties == "efron":
            cross = (S1.T * h.beta) @ S1D
            out += cross + cross.T - (S1D.T * h.gamma) @ S1D
        return (out + out.T) / (2 * np.outer(self.scale, self.scale))

    def null_information(self) -> np.ndarray:
        """`information` at coefficients 0, computed once."""
        if self._null_information is None:
            self._null_information = self.information(self.null)
        return self._null_information

    def null_trace(self) -> float:
        """A number that the trace of `null_information` does not exceed, cheaper where that is not known."""
        if self._null_trace is None:
            weight, squares = self.weights * self.null.row_hazard, np.zeros(len(self.scale))
            for rows, X in blocks_of(self.X):
                for j, column in enumerate(X.T):
                    squares[j] += weight[rows] @ (column * column)
            self._null_trace = np.sum(squares / self.scale**2)
        return self._null_trace

    def score_parts(self, state: State) -> ScoreParts:
        """What `scores` needs."""
        risk, h = self.risk, state.hazard
        S1, S1D = self.sums(state)
        drift = h.alpha[:, None] * S1
        own = None
        if self.ties == "efron":
            drift = drift - h.beta[:, None] * S1D
            own = h.beta[:, None] * S1 - h.gamma[:, None] * S1D
        residual = risk.event - state.relative * state.row_hazard
        return ScoreParts(residual, np.cumsum(drift, axis=0), self.event_means(state), own)

    def event_means(self, state: State) -> np.ndarray:
        """Mean covariates of the risk set that the events of a week are held against, (weeks, columns)."""
        h = state.hazard
        S1, S1D = self.sums(state)
        mean = h.A[:, None] * S1 - (h.B[:, None] * S1D if self.ties == "efron" else 0.0)
        return mean / np.where(self.death_weight > 0, self.death_weight, 1.0)[:, None]

    def scores(self, state: State, parts: ScoreParts, rows: slice | np.ndarray, X: np.ndarray) -> np.ndarray:
        """Derivative of the score by the weight of each of some rows, (rows, columns), unweighted.

        Exact for Breslow ties; for Efron ties the residuals of R's ``survival``. `rows` is a slice or
        indices, X their covariates, `parts` those of `score_parts`.
        """
        residual, drift, mean, own = parts
        residual, relative = residual[rows], state.relative[rows]
        week, event = self.risk.week[rows], np.flatnonzero(self.risk.event[rows])
        event_week, event_relative = week[event], relative[event]
        out = np.empty(X.shape, order="F")
        for j in range(X.shape[1]):
            column = np.multiply(X[:, j], residual, out=out[:, j])
            column += relative * drift[:, j][week]
            column[event] -= mean[:, j][event_week]
            if own is not None:
                column[event] -= event_relative * own[:, j][event_week]
        return out

    def trend(self, state: State, values: np.ndarray) -> np.ndarray:
        """Schoenfeld residuals (covariates of an event less their mean over the risk set) times `values`.

        `values` (events,) in time order; returns (columns,).
        """
        risk = self.risk
        at_event = np.zeros(risk.rows)
        at_event[risk.event_rows] = values
        weekly = np.bincount(risk.event_week, values, risk.weeks)
        return vector_times(at_event, self.X) - weekly @ self.event_means(state)
