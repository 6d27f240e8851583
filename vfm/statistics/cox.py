"""Cox proportional hazards on weekly durations, with the product-limit baseline.

Durations are whole weeks with many tied events, so the risk sets are at most a few hundred. The rows are
sorted once by duration: a week is then a slice and its risk set a suffix, every sum over risk sets is a
reverse cumulative sum over weeks, and one Newton step costs one symmetric matrix product. Durations without
ties work too (as whole numbers: their ranks give the same fit); only the speed depends on the ties.

Many covariates of many rows are `Packed`: a column of small whole numbers takes one byte a row, and blocks of
rows become numbers when a sum needs them. No other array is as large as the covariates.

Notes
-----
Breslow (1974) and Efron (1977) ties; Kalbfleisch & Prentice (2002), section 4.3, for the baseline survival,
which is what Stata's ``basesurv`` returns and which, without covariates, is the Kaplan-Meier curve; Lin & Wei
(1989) for the sandwich; Grambsch & Therneau (1994) for the test of proportional hazards. Case weights are
frequency weights: under Breslow ties an integer weight is the same as that many copies of the row. Under
Efron ties weights follow R's ``survival``: the tied events of a week enter with their mean weight.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from scipy import linalg, special

from vfm.statistics.frames import typed

TIES = ("breslow", "efron")

#: Columns of the model input that are no covariate (intermediate.int_cox_input).
ID_COLUMNS = (
    "spell_id",
    "person_id",
    "sex",
    "municipality_code",
    "duration_weeks",
    "is_success",
    "is_benchmarked",
)

ESTIMATED = "estimated"
CONSTANT = "dropped_constant"
COLLINEAR = "dropped_collinear"
INFINITE = "infinite"

_MAX_ITERATIONS = 60
_DECREMENT = 1e-22  # squared distance to the maximum, in standard errors, at which Newton's method is done
_ROUNDING = 1e-12  # or below this, where it falls no more
_ROUGH = 1e-6  # squared distance down to which single precision leads
_ROUGH_SIZE = 100_000  # numbers in X from which on single precision is worth its trouble
_BLOCK = 4096  # rows at a time where a matrix as large as the covariates would be written
_DENSE = 2**24  # numbers in X (128 MB) beyond which it is packed
_VECTORS = 32  # of 2,048 rows, that `read` takes from DuckDB at a time
_COLLINEAR_TOLERANCE = 1e-9
_SEPARATION_TOLERANCE = (
    1e-7  # share of the information without covariates below which a direction counts as lost
)
Z_975 = special.ndtri(0.975)  # quantile of a normal 95 % interval


class ConvergenceError(ArithmeticError):
    """Newton's method did not reach a maximum; the message names the gradient and the likely columns."""


class Packed:
    """Covariates in little memory, centred and in double precision by block.

    Parameters
    ----------
    columns : list of (n,) arrays
        Bytes or doubles.
    mean : (p,) float array, optional
        Subtracted from the columns of a block; default 0.
    dtype : numpy dtype
        Of the blocks.
    """

    def __init__(self, columns, mean=None, dtype=np.float64):
        self.columns, self.dtype = columns, np.dtype(dtype)
        self.mean = np.zeros(len(columns)) if mean is None else mean
        self.shape = len(columns[0]), len(columns)
        self.size = len(columns) * len(columns[0])

    def __len__(self):
        return self.shape[0]

    def astype(self, dtype):
        """The same columns with blocks of another precision."""
        return Packed(self.columns, self.mean, dtype)

    def take(self, rows, use=None):
        """Rows (a slice or indices) of the columns `use` (all) as a matrix, column after column in memory."""
        use = range(len(self.columns)) if use is None else use
        size = len(range(*rows.indices(len(self)))) if isinstance(rows, slice) else len(rows)
        out = np.empty((size, len(use)), self.dtype, order="F")
        for i, j in enumerate(use):
            np.subtract(self.columns[j][rows], self.mean[j], out=out[:, i], casting="same_kind")
        return out


def packed(X):
    """The columns of X (n, p), an array or a frame, as `Packed`: bytes where they are whole numbers 0-255."""
    return Packed([packed_column(X.iloc[:, j] if hasattr(X, "iloc") else X[:, j]) for j in range(X.shape[1])])


def packed_column(column):
    """A column as bytes where it is whole numbers 0-255, else as doubles."""
    column = np.asarray(column)
    if column.dtype in (np.uint8, bool):
        return column.view(np.uint8)
    column = np.asarray(column, float)
    if not len(column) or (column.min() >= 0 and column.max() <= 255):  # neither holds for a missing value
        small = column.astype(np.uint8)
        if (small == column).all():
            return small
    return column


def blocks_of(X):
    """Blocks of an array, which is one block, or of `Packed` covariates: a slice of rows, and its matrix."""
    if not isinstance(X, Packed):
        yield slice(0, len(X)), X
        return
    for a in range(0, len(X), _BLOCK):
        rows = slice(a, min(a + _BLOCK, len(X)))
        yield rows, X.take(rows)


def rows_of(X, rows, use=None):
    """Some rows and columns (default all) of an array or of `Packed` covariates, as a matrix."""
    if isinstance(X, Packed):
        return X.take(rows, use)
    return X[rows] if use is None else X[rows][:, use] if isinstance(rows, slice) else X[np.ix_(rows, use)]


def times_vector(X, vector):
    """X vector, (rows,)."""
    if not isinstance(X, Packed):
        return X @ vector
    out = np.empty(len(X), X.dtype)
    for rows, block in blocks_of(X):
        np.matmul(block, vector, out=out[rows])
    return out


def vector_times(vector, X):
    """vector' X, (columns,)."""
    return vector @ X if not isinstance(X, Packed) else sum(vector[r] @ block for r, block in blocks_of(X))


def grouped(group, size=None):
    """Rows group by group, in blocks that hold whole groups.

    Parameters
    ----------
    group : (n,) int array
        Group of each row, from 0 on.
    size : int, optional
        Rows of a block, about; default `_BLOCK`.

    Yields
    ------
    rows : int array
        Those of the block, rising within a group.
    starts : int array
        Where in `rows` each of its groups starts.
    """
    size = size or _BLOCK
    order = np.argsort(group, kind="stable")
    starts = np.flatnonzero(np.diff(group[order], prepend=-1))
    first = np.unique(np.searchsorted(starts, np.arange(0, len(order), size)))  # group that opens each block
    first = np.append(first[first < len(starts)], len(starts))
    bounds = np.append(starts, len(order))
    for a, b in zip(first, first[1:], strict=False):
        yield order[bounds[a] : bounds[b]], starts[a:b] - bounds[a]


class RiskSets:
    """Rows sorted by duration, cut into weeks.

    Parameters
    ----------
    duration : (n,) float array
        Whole weeks, at least 1.
    event : (n,) bool array
        Whether the duration ended with the event.

    Attributes
    ----------
    order : (n,) int array
        Sorted position -> original row. All other attributes are in sorted order.
    times : (weeks,) float array
        The distinct durations, rising.
    week : (n,) int array
        Index of each row's duration in `times`.
    starts : (weeks,) int array
        First sorted row of each week; its risk set is every row from there on.
    """

    def __init__(self, duration, event):
        short = duration.max(initial=0) < 2**16  # few bits are sorted ten times as fast
        self.order = np.argsort(duration.astype(np.uint16) if short else duration, kind="stable")
        duration = duration[self.order]
        new = np.append(True, duration[1:] > duration[:-1])
        self.starts = np.flatnonzero(new)
        self.times = duration[self.starts]
        self.week = np.cumsum(new) - 1
        self.event = np.asarray(event, bool)[self.order]
        self.event_rows = np.flatnonzero(self.event)
        self.event_week = self.week[self.event_rows]
        self.rows = len(duration)
        self.weeks = len(self.times)

    def week_sums(self, values):
        """Sum of `values` (rows, ...) within each week."""
        return np.add.reduceat(values, self.starts, axis=0)

    def at_risk(self, values):
        """Sum of `values` (rows, ...) over each week's risk set."""
        return self.from_week_on(self.week_sums(values))

    @staticmethod
    def from_week_on(weekly):
        """Reverse cumulative sum over weeks (first axis)."""
        return np.cumsum(weekly[::-1], axis=0)[::-1]

    def weighted_sums(self, weight, X):
        """Sum of weight * X (rows, columns) within each week, one matrix-vector product a week and block."""
        weight = weight.astype(X.dtype)
        out = np.zeros((self.weeks, X.shape[1]))
        for rows, block in blocks_of(X):
            first, last = self.week[rows.start], self.week[rows.stop - 1]
            ends = [rows.start, *self.starts[first + 1 : last + 1].tolist(), rows.stop]
            for week, (a, b) in enumerate(zip(ends, ends[1:], strict=False), first):
                out[week] += block.T[:, a - rows.start : b - rows.start] @ weight[a:b]
        return out


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
class _State:
    """What the likelihood gives at one coefficient vector, in sorted order."""

    log_likelihood: float
    eta: np.ndarray  # (rows,) linear predictor of the centred columns
    relative: np.ndarray  # (rows,) its exponential, over that of the largest
    hazard: _Hazard
    row_hazard: np.ndarray  # (rows,) cumulative hazard up to the row's own week, Efron-corrected for deaths
    sums: tuple = None  # first moments over risk sets and over deaths, once asked for


class _Likelihood:
    """Weighted partial likelihood of one prepared data set, by rows in sorted order and centred columns.

    X lies column after column in memory, where a product with a vector is several times as fast.
    Gradient and information are per `scale` of each column: its standard deviation, once somebody has set it.
    """

    def __init__(self, risk, X, weights, ties):
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

    def rough(self):
        """The same with X in single precision, which is half as much to read; itself for small X."""
        if self.X.size < _ROUGH_SIZE:
            return self
        twin = copy(self)
        twin.X = self.X.astype(np.float32)
        return twin

    def standardise(self, information):
        """Take the information's square root per event, about a standard deviation, as each column's unit."""
        self.scale = np.sqrt(np.diag(information) / self.death_weight.sum())

    def predictor(self, b):
        """Linear predictors (rows,) of coefficients b per `scale`."""
        return times_vector(self.X, (b / self.scale).astype(self.X.dtype))

    def state(self, eta):
        """`_State` at linear predictors eta (rows,); None where they are too large for numbers."""
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
        return _State(float(value), eta, relative, hazard, row_hazard)

    def gradient(self, state):
        """First derivative, (columns,)."""
        residual = self.death_weights - self.weights * state.relative * state.row_hazard
        return vector_times(residual.astype(self.X.dtype), self.X) / self.scale

    def sums(self, state):
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

    def second_moments(self, weight):
        """X' diag(weight) X, (columns, columns)."""
        root = np.sqrt(np.maximum(weight, 0.0)).astype(self.X.dtype)
        columns = self.X.shape[1]
        out = np.zeros((columns, columns))
        buffer = np.empty((columns, min(_BLOCK, len(root))), self.X.dtype)
        for rows, X in blocks_of(self.X):
            for a in range(0, len(X), _BLOCK):
                block = X.T[:, a : a + _BLOCK]
                weights = root[rows.start + a : rows.start + a + block.shape[1]]
                part = np.multiply(block, weights, out=buffer[:, : block.shape[1]])
                out += part @ part.T
        return out

    def information(self, state):
        """Minus the second derivative, (columns, columns)."""
        h = state.hazard
        out = self.second_moments(self.weights * state.relative * state.row_hazard)
        S1, S1D = self.sums(state)
        out -= (S1.T * h.alpha) @ S1
        if self.ties == "efron":
            cross = (S1.T * h.beta) @ S1D
            out += cross + cross.T - (S1D.T * h.gamma) @ S1D
        return (out + out.T) / (2 * np.outer(self.scale, self.scale))

    def null_information(self):
        """`information` at coefficients 0, computed once."""
        if self._null_information is None:
            self._null_information = self.information(self.null)
        return self._null_information

    def null_trace(self):
        """A number that the trace of `null_information` does not exceed, cheaper where that is not known."""
        if self._null_trace is None:
            weight, squares = self.weights * self.null.row_hazard, np.zeros(len(self.scale))
            for rows, X in blocks_of(self.X):
                for j, column in enumerate(X.T):
                    squares[j] += weight[rows] @ (column * column)
            self._null_trace = np.sum(squares / self.scale**2)
        return self._null_trace

    def score_tables(self, state):
        """What `scores` needs: residual (rows,), and drift, mean and own (weeks, columns).

        The score residual of a row x is ``residual x + relative drift``, less ``mean + relative own`` where
        it has the event (own is None under Breslow ties); drift, mean and own are those of its week.
        """
        risk, h = self.risk, state.hazard
        S1, S1D = self.sums(state)
        drift = h.alpha[:, None] * S1
        own = None
        if self.ties == "efron":
            drift = drift - h.beta[:, None] * S1D
            own = h.beta[:, None] * S1 - h.gamma[:, None] * S1D
        residual = risk.event - state.relative * state.row_hazard
        return residual, np.cumsum(drift, axis=0), self.event_means(state), own

    def event_means(self, state):
        """Mean covariates of the risk set that the events of a week are held against, (weeks, columns)."""
        h = state.hazard
        S1, S1D = self.sums(state)
        mean = h.A[:, None] * S1 - (h.B[:, None] * S1D if self.ties == "efron" else 0.0)
        return mean / np.where(self.death_weight > 0, self.death_weight, 1.0)[:, None]

    def scores(self, state, tables, rows, X):
        """Derivative of the score by the weight of each of some rows, (rows, columns), unweighted.

        Exact for Breslow ties; for Efron ties the residuals of R's ``survival``. `rows` is a slice or
        indices, X their covariates, `tables` those of `score_tables`.
        """
        residual, drift, mean, own = tables
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

    def trend(self, state, values):
        """Schoenfeld residuals (covariates of an event less their mean over the risk set) times `values`.

        `values` (events,) in time order; returns (columns,).
        """
        risk = self.risk
        at_event = np.zeros(risk.rows)
        at_event[risk.event_rows] = values
        weekly = np.bincount(risk.event_week, values, risk.weeks)
        return vector_times(at_event, self.X) - weekly @ self.event_means(state)


def product_limit(risk, relative, weights):
    """Kalbfleisch-Prentice hazard contributions q = -log(alpha) of the baseline, by week.

    Solves ``sum over deaths of w e / (1 - exp(-q e)) = sum over the risk set of w e`` in each week with
    deaths.

    Parameters
    ----------
    risk : RiskSets
    relative : (rows,) float array
        Relative hazards e = exp(x b), in sorted order.
    weights : (rows,) float array
        Case weights, in sorted order.

    Returns
    -------
    (weeks,) float array
        q: 0 in a week without deaths, infinite where everyone at risk dies (the survival drops to 0).

    Notes
    -----
    Kalbfleisch & Prentice (2002), section 4.3; with equal e this is Kaplan-Meier: alpha = 1 - deaths / at
    risk. The left side is convex and falls in q, and ``D / (S0 - SD / 2)`` lies left of the root, so Newton's
    method rises to it.
    """
    rows = risk.event_rows[(weights[risk.event_rows] > 0) & (relative[risk.event_rows] > 0)]
    week, e, w = risk.week[rows], relative[rows], weights[rows]
    at_risk = risk.at_risk(weights * relative)
    deaths = np.bincount(week, w, risk.weeks)
    dying = np.bincount(week, w * e, risk.weeks)
    q = np.zeros(risk.weeks)
    all_die = (deaths > 0) & (dying >= at_risk * (1 - 1e-13))
    solve = (deaths > 0) & ~all_die
    q[solve] = deaths[solve] / (at_risk[solve] - dying[solve] / 2)
    keep = solve[week]
    week, e, w = week[keep], e[keep], w[keep]
    for _ in range(100):
        u = -np.expm1(-q[week] * e)  # 1 - exp(-q e)
        value = np.bincount(week, w * e / u, risk.weeks)[solve] - at_risk[solve]
        slope = -np.bincount(week, w * e * e * (1 - u) / (u * u), risk.weeks)[solve]
        step = value / slope
        q[solve] -= step
        if not len(step) or np.max(np.abs(step) / q[solve]) < 4e-16:
            break
    q[all_die] = np.inf
    return q


@dataclass
class CoxResult:
    """A fitted Cox model. Arrays over rows are in the order of the input; columns in the order of X.

    Attributes
    ----------
    terms : list of str
        Column names.
    status : (p,) array of str
        'estimated', 'dropped_constant' (does not vary among those at risk at an event), 'dropped_collinear'
        (a combination of columns before it) or 'infinite' (all events at the column's smallest or largest
        value, so the likelihood rises for ever; rows at other values have hazard 0, or infinitely less, in
        the limit).
    coefficients : (p,) float array
        Log hazard ratios; nan unless estimated.
    covariance, robust_covariance : (p, p) float array
        Inverse information, and the sandwich summed within `cluster` (within rows without one). No
        small-sample factor.
    log_likelihood, null_log_likelihood : float
        Partial log-likelihood at the estimate and at 0.
    gradient : (p,) float array
        Score at the estimate (0 but for rounding; nan unless estimated).
    linear_predictor : (n,) float array
        x b over the estimated columns; -inf for a row whose hazard is 0 in the limit of an infinite
        coefficient.
    martingale_residuals : (n,) float array
        Event less expected number of events, unweighted; their weighted sum is 0.
    score_residuals : (n, p) float array
        Derivative of the score by the row's weight (unweighted); columns not estimated are 0.

    Notes
    -----
    What only some callers want (residuals, `robust_covariance`, the baseline) is computed when it is first
    asked for.
    """

    terms: list
    status: np.ndarray
    coefficients: np.ndarray
    covariance: np.ndarray
    log_likelihood: float
    null_log_likelihood: float
    gradient: np.ndarray
    iterations: int
    ties: str
    observations: int
    events: int
    clusters: int
    infinite_at: dict
    means: np.ndarray
    _risk: RiskSets = field(default=None, repr=False)
    _weights: np.ndarray = field(default=None, repr=False)  # (n,) sorted; so are all private arrays over rows
    _alive: np.ndarray = field(default=None, repr=False)
    _cluster: np.ndarray = field(default=None, repr=False)  # (n,) 0, 1, ...
    _likelihood: object = field(default=None, repr=False)
    _state: object = field(default=None, repr=False)

    def _unsorted(self, values):
        out = np.empty_like(values)
        out[self._risk.order] = values
        return out

    @cached_property
    def linear_predictor(self):
        at_zero = self.means @ self.coefficients[self.estimated]
        return self._unsorted(np.where(self._alive, self._state.eta + at_zero, -np.inf))

    @cached_property
    def martingale_residuals(self):
        return self._unsorted(self._risk.event - self._state.relative * self._state.row_hazard)

    @cached_property
    def _score_tables(self):
        return self._likelihood.score_tables(self._state)

    def _scores(self, rows, X):
        """Unweighted score residuals (rows, estimated) of sorted rows whose covariates are X."""
        return self._likelihood.scores(self._state, self._score_tables, rows, X)

    @cached_property
    def score_residuals(self):
        out = np.zeros((self.observations, len(self.terms)))
        use = np.flatnonzero(self.estimated)
        for rows, X in blocks_of(self._likelihood.X):
            out[np.ix_(self._risk.order[rows], use)] = self._scores(rows, X)
        return out

    @cached_property
    def robust_covariance(self):
        X, single = self._likelihood.X, self._weights.copy()
        meat = np.zeros((X.shape[1], X.shape[1]))
        if self._cluster is not None:
            several = np.flatnonzero(np.bincount(self._cluster)[self._cluster] > 1)
            single[several] = 0.0
            for at, starts in grouped(self._cluster[several]):
                rows = several[at]
                scores = self._scores(rows, rows_of(X, rows))
                scores *= self._weights[rows, None]
                sums = np.add.reduceat(scores, starts, axis=0)
                meat += sums.T @ sums
        for rows, block in blocks_of(X):
            scores = self._scores(rows, block)
            scores *= single[rows, None]
            meat += scores.T @ scores
        at = np.ix_(self.estimated, self.estimated)
        out = np.full(self.covariance.shape, np.nan)
        out[at] = self.covariance[at] @ meat @ self.covariance[at]
        return out

    @property
    def estimated(self):
        """(p,) bool array: columns with a coefficient."""
        return self.status == ESTIMATED

    @property
    def standard_errors(self):
        """(p,) model-based standard errors."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def robust_standard_errors(self):
        """(p,) clustered (or per-row) sandwich standard errors."""
        return np.sqrt(np.diag(self.robust_covariance))

    def columns(self, status):
        """Names of the columns with this status."""
        return [t for t, s in zip(self.terms, self.status, strict=True) if s == status]

    @cached_property
    def _baseline(self):
        return product_limit(self._risk, np.exp(self.linear_predictor[self._risk.order]), self._weights)

    def baseline_hazard(self):
        """Distinct durations, and -log(alpha) of the product-limit baseline (all covariates 0) at each."""
        return self._risk.times, self._baseline

    def baseline_survival(self, times):
        """Kalbfleisch-Prentice survival of a row with every covariate 0.

        Parameters
        ----------
        times : (m,) float array
            In the unit of the durations.

        Returns
        -------
        (m,) float array
            Right-continuous step function, 1 before the first event; survival of a row x is its power exp(x
            b). Without covariates it is the Kaplan-Meier curve.
        """
        weeks, q = self.baseline_hazard()
        survival = np.append(1.0, np.exp(-np.cumsum(q)))
        return survival[np.searchsorted(weeks, np.asarray(times, float), side="right")]


def _check(duration, event, X, weights, cluster, ties):
    if ties not in TIES:
        raise ValueError(f"ties must be one of {', '.join(TIES)}, not {ties!r}")
    duration = np.asarray(duration, float)
    if duration.ndim != 1 or not len(duration):
        raise ValueError(
            f"duration must be a one-dimensional array with at least one row, not shape {duration.shape}"
        )
    n = len(duration)
    if X is None:
        X = np.empty((n, 0))
    terms = [str(c) for c in X.columns] if isinstance(X, pd.DataFrame) else None
    if not (large := getattr(X, "ndim", 0) == 2 and X.size > _DENSE):
        X = np.asarray(X, float)
    if X.ndim == 1 and X.size == 0:
        X = X.reshape(n, 0)
    if X.ndim != 2 or len(X) != n:
        raise ValueError(f"X must have shape ({n}, p) like the {n} durations, not {X.shape}")
    terms = terms or [f"x{j}" for j in range(X.shape[1])]
    event = np.asarray(event)
    if event.shape != (n,):
        raise ValueError(f"event must have shape ({n},), not {event.shape}")
    if event.dtype != bool:
        event = np.asarray(event, float)
        if not np.isin(event, (0.0, 1.0)).all():
            raise ValueError("event must be true/false or 1/0 in every row")
        event = event == 1
    whole = (duration >= 1) & (duration < np.inf) & (duration == np.floor(duration))
    if not whole.all():
        raise ValueError(f"duration must be whole weeks, at least 1; {n - whole.sum()} of {n} rows are not")
    weighted = "" if weights is None else " with a weight"
    weights = np.ones(n) if weights is None else np.asarray(weights, float)
    if weights.shape != (n,):
        raise ValueError(f"weights must have shape ({n},), not {weights.shape}")
    if not np.isfinite(weights).all() or (weights < 0).any():
        raise ValueError("weights must be finite and not negative")
    rows = np.count_nonzero(weights)
    if not rows:
        raise ValueError("weights are 0 in every row")
    if not (event & (weights > 0)).any():
        raise ValueError(
            f"event is false in every row{weighted}: a Cox model of {rows} rows with no events says nothing"
        )
    if rows <= X.shape[1]:
        raise ValueError(f"X has {X.shape[1]} columns but only {rows} rows{weighted}: too few to fit them")
    if large:
        X = packed(X)
    if cluster is not None:
        if len(cluster) != n:
            raise ValueError(f"cluster must have {n} rows, not {len(cluster)}")
        cluster, labels = pd.factorize(np.asarray(cluster))
        if (cluster < 0).any():
            raise ValueError(f"cluster is missing in {int((cluster < 0).sum())} rows")
    return duration, event, X, terms, weights, cluster


def _screen(risk, X, weights, at_risk):
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


def _centred(X, order, use, mean):
    """Columns `use` of X less their mean, rows in `order`; (n, columns), column after column in memory."""
    if isinstance(X, Packed) and len(use):
        return Packed([X.columns[j][order] for j in use], mean)
    out = np.empty((len(order), len(use)), order="F")
    for i, j in enumerate(use):
        column = np.take(X[:, j], order, out=out[:, i], mode="clip")  # "clip": straight into `out`
        column -= mean[i]
    return out


def _columns(X, good):
    """The columns of centred covariates for which `good` (columns,) is true."""
    if isinstance(X, Packed) and good.any():
        return Packed([c for c, keep in zip(X.columns, good, strict=True) if keep], X.mean[good])
    return np.asfortranarray(rows_of(X, slice(None), np.flatnonzero(good)))


def _finite(X):
    """Whether each column of X has neither missing nor infinite values, (columns,)."""
    if isinstance(X, Packed):
        return np.array([np.isfinite(column).all() for column in X.columns])
    return np.isfinite(X).all(axis=0)


def _independent(information, least, tolerance=_COLLINEAR_TOLERANCE):
    """Whether no column is collinear or constant: `_collinear` in brief, True only if it finds nothing."""
    try:  # the squared diagonal of the Cholesky factor is what the columns before it leave of each
        pivots = np.diag(linalg.cholesky(information)) ** 2
    except (linalg.LinAlgError, ValueError):
        return False
    diagonal = np.diag(information)
    return bool((pivots > tolerance * diagonal).all() and (diagonal > least).all())


def _collinear(information, least):
    """Columns whose information is used up by columns before them (sweep in column order).

    Information up to `least` (columns,) is rounding: the column does not vary.
    """
    diagonal = np.diag(information).copy()
    if _independent(information, least):
        return np.full(len(diagonal), ESTIMATED, dtype=object)
    A = information.copy()
    out = np.zeros(len(A), dtype=object)
    for j in range(len(A)):
        if diagonal[j] <= least[j]:
            out[j] = CONSTANT
        elif A[j, j] <= _COLLINEAR_TOLERANCE * diagonal[j]:
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


def _newton(likelihood, rough, terms, b, state, information):
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


def fit(duration, event, X, *, weights=None, cluster=None, ties="breslow", start=None):
    """Fit a Cox model.

    Parameters
    ----------
    duration : (n,) array
        Time to event or censoring in whole weeks, at least 1.
    event : (n,) bool array
        Whether the duration ended with the event.
    X : (n, p) array or DataFrame, or None
        Covariates; p = 0 is allowed. Column names of a DataFrame appear in messages.
    weights : (n,) array, optional
        Case weights, not negative and not all 0.
    cluster : (n,) array, optional
        Group of each row (person) for the robust covariance; without it every row is its own.
    ties : {'breslow', 'efron'}
        Handling of tied events; Breslow is Stata's default and the report's.
    start : (p,) array, optional
        Coefficients to start from (not finite: 0); default 0.

    Returns
    -------
    CoxResult

    Raises
    ------
    ValueError
        Wrong shapes, durations that are no whole weeks, missing or infinite values, negative weights, no
        events, no more rows than columns. The message names the argument.
    ConvergenceError
        No maximum found; names the gradient and the columns that run away.

    Notes
    -----
    Newton's method with step halving on centred columns, BFGS steps between Newton's, until the maximum is
    within 1e-11 standard errors. See the module for sources.
    """
    duration, event, X, terms, weights, cluster = _check(duration, event, X, weights, cluster, ties)
    risk = RiskSets(duration, event)
    p = X.shape[1]
    at_risk = duration >= duration[event & (weights > 0)].min()
    sums = vector_times(weights * at_risk, X)
    if not np.isfinite(sums).all() and not (finite := _finite(X)).all():
        raise ValueError(f"X has missing or infinite values in column {', '.join(np.array(terms)[~finite])}")
    status, infinite_at = _screen(risk, X, weights, at_risk)
    alive = np.ones(len(X), bool)  # rows with a hazard above 0
    for j, value in infinite_at.items():
        alive &= rows_of(X, slice(None), [j])[:, 0] == value
    live = weights * alive
    use = np.flatnonzero(status == ESTIMATED)
    counted = live * at_risk
    mean = (vector_times(counted, X) if infinite_at else sums)[use] / counted.sum()
    likelihood = _Likelihood(risk, _centred(X, risk.order, use, mean), live[risk.order], ties)
    rough = likelihood.rough()
    state = likelihood.null
    b, score, inverse, iterations = np.zeros(len(use)), np.zeros(0), np.zeros((0, 0)), 0
    if start is not None and len(use):
        b = np.nan_to_num(np.asarray(start, float)[use], posinf=0.0, neginf=0.0)
        state = likelihood.state(likelihood.predictor(b))
        if state is None:
            b, state = np.zeros(len(use)), likelihood.null
    if len(use):
        least = (1e-13 * mean) ** 2 * likelihood.death_weight.sum()
        information = rough.information(state)
        if not _independent(information, least, _COLLINEAR_TOLERANCE if rough is likelihood else 1e-4):
            # far out and in single precision, columns can seem to be lost
            b, state = np.zeros(len(use)), likelihood.null
            information = likelihood.information(state)
            found = _collinear(information, least)
            status[use] = found
            good = found == ESTIMATED
            if not good.all():
                use, mean, b, information = use[good], mean[good], b[good], information[np.ix_(good, good)]
                likelihood = _Likelihood(risk, _columns(likelihood.X, good), likelihood.weights, ties)
                rough, state = likelihood.rough(), likelihood.null
    if len(use):
        likelihood.standardise(information)
        rough.scale = scale = likelihood.scale
        information = information / np.outer(scale, scale)
        if state is likelihood.null:
            likelihood._null_trace = 1.001 * np.trace(information)  # more than single precision can err
        names = [terms[j] for j in use]
        b, state, score, inverse, iterations = _newton(
            likelihood, rough, names, b * scale, state, information
        )
    scale = likelihood.scale
    coefficients, gradient, covariance = np.full(p, np.nan), np.full(p, np.nan), np.full((p, p), np.nan)
    coefficients[use] = b / scale
    gradient[use] = score * scale
    covariance[np.ix_(use, use)] = inverse / np.outer(scale, scale)
    state.relative = np.where(alive[risk.order], state.relative, 0.0)
    return CoxResult(
        terms=terms,
        status=status.astype(str),
        coefficients=coefficients,
        covariance=covariance,
        log_likelihood=state.log_likelihood,
        null_log_likelihood=likelihood.null.log_likelihood,
        gradient=gradient,
        iterations=iterations,
        ties=ties,
        observations=len(X),
        events=int(event.sum()),
        clusters=len(X) if cluster is None else int(cluster.max()) + 1,
        infinite_at={terms[j]: v for j, v in infinite_at.items()},
        means=mean,
        _risk=risk,
        _weights=weights[risk.order],
        _alive=alive[risk.order],
        _cluster=None if cluster is None else cluster[risk.order],
        _likelihood=likelihood,
        _state=state,
    )


def proportional_hazards_test(result):
    """Grambsch-Therneau test of each coefficient against a trend in the rank of the event time.

    Parameters
    ----------
    result : CoxResult
        A fit without weights, with either handling of ties.

    Returns
    -------
    statistic, p_value : (p,) float arrays
        Chi-square with one degree of freedom; nan for columns not estimated.

    Notes
    -----
    ``T_j = (sum (g - mean g) d (V r)_j)^2 / (d V_jj sum (g - mean g)^2)`` with r the Schoenfeld residuals of
    the d events, V the model covariance and g the mid-rank of the event time among events: Grambsch &
    Therneau (1994), the form that lifelines has (and R's ``survival`` had until 2019). Mid-ranks make tied
    weeks count alike whatever the row order.
    """
    return _trend_test(result, lambda time: pd.Series(time).rank().to_numpy())


def _trend_test(result, transform):
    p = len(result.terms)
    statistic, p_value = np.full(p, np.nan), np.full(p, np.nan)
    use = np.flatnonzero(result.estimated)
    if not len(use):
        return statistic, p_value
    V = result.covariance[np.ix_(use, use)]
    g = transform(result._risk.times[result._risk.event_week])
    g = g - g.mean()
    d = len(g)
    trend = d * V @ result._likelihood.trend(result._state, g)
    total = d * np.diag(V) * (g @ g)
    if g @ g > 0:
        statistic[use] = trend**2 / total
        p_value[use] = special.chdtrc(1, statistic[use])
    return statistic, p_value


def terms_of(spells):
    """Covariate columns of a model input: every column after the id columns, in order.

    Raises
    ------
    ValueError
        If an id column is missing.
    """
    missing = [c for c in ID_COLUMNS if c not in spells.columns]
    if missing:
        raise ValueError(f"the Cox input lacks column {', '.join(missing)}")
    return [c for c in spells.columns if c not in ID_COLUMNS]


def read(relation):
    """A model input (`ID_COLUMNS`, then covariates) as a frame in little memory.

    Parameters
    ----------
    relation : duckdb.DuckDBPyRelation
        intermediate.int_cox_input, in any order: sorting it here costs less than in DuckDB.

    Returns
    -------
    DataFrame
        As ``relation.order("spell_id").df()``, but covariates of small whole numbers take one byte each,
        equal texts of sex and municipality are one object, and spell_id and person_id are numbers: 0, 1, ...
        in the order of the spells.

    Raises
    ------
    ValueError
        If a person_id is missing.
    """
    parts, texts, rows = {name: [] for name in relation.columns}, {}, 1
    while rows:
        chunk = relation.fetch_df_chunk(_VECTORS)
        rows = len(chunk)
        for name, part in parts.items():
            values = chunk.pop(name).to_numpy()
            if name not in ID_COLUMNS:
                values = packed_column(values)
            elif name in ("sex", "municipality_code"):
                codes, found = pd.factorize(values, use_na_sentinel=False)
                values = np.array([texts.setdefault(text, text) for text in found], object)[codes]
            part.append(values.copy() if values.base is not None else values)  # not a view of `chunk`
    columns = {name: np.concatenate(parts.pop(name)) for name in list(parts)}
    spell = pd.Index(columns["spell_id"])
    if not spell.is_monotonic_increasing:
        order = spell.argsort()
        for name in columns:
            columns[name] = columns[name][order]
    columns["spell_id"] = np.arange(len(spell), dtype=np.int32)
    person, _ = pd.factorize(columns["person_id"])
    if (person < 0).any():
        raise ValueError(f"person_id is missing in {int((person < 0).sum())} spells")
    columns["person_id"] = person.astype(np.int32)
    return pd.DataFrame(columns, copy=False)


def in_order(spells):
    """The spells by spell_id; the frame itself where they are in order already."""
    if spells["spell_id"].is_monotonic_increasing:
        return spells
    return spells.sort_values("spell_id", kind="stable")


def by_sex(spells, *, ties="breslow"):
    """One fit for each sex, all municipalities together, clustered on the person.

    Parameters
    ----------
    spells : DataFrame
        intermediate.int_cox_input: `ID_COLUMNS`, then one column per covariate. Sorted here by spell_id.
    ties : {'breslow', 'efron'}

    Yields
    ------
    sex : str
    rows : DataFrame
        The spells of that sex, sorted.
    result : CoxResult

    Raises
    ------
    ValueError, ConvergenceError
        As `fit`, with the sex in front.
    """
    terms = terms_of(spells)
    spells = in_order(spells)
    for sex in sorted(spells["sex"].unique()):
        rows = spells[spells["sex"] == sex]
        try:
            result = fit(
                rows["duration_weeks"].to_numpy(float),
                rows["is_success"].to_numpy(bool),
                rows[terms],
                cluster=rows["person_id"].to_numpy(),
                ties=ties,
            )
        except (ValueError, ConvergenceError) as error:
            raise type(error)(f"Cox model of {sex}: {error}") from error
        yield sex, rows, result


_COEFFICIENTS = {
    "sex": object,
    "term": object,
    "status": object,
    "coefficient": float,
    "standard_error": float,
    "model_standard_error": float,
    "z": float,
    "p_value": float,
    "hazard_ratio": float,
    "ci_low": float,
    "ci_high": float,
    "mean": float,
    "value_with_events": float,
}
_COVARIANCE = {"sex": object, "term": object, "other_term": object, "covariance": float}
_BASELINE = {"sex": object, "week": "int64", "survival": float}
_HAZARD_TESTS = {
    "sex": object,
    "term": object,
    "efron_coefficient": float,
    "efron_standard_error": float,
    "proportional_hazards_statistic": float,
    "proportional_hazards_p_value": float,
}


def coefficients_table(fits):
    """Rows of intermediate.int_cox_coefficients, in the order of the input's columns.

    Parameters
    ----------
    fits : iterable of (sex, rows, CoxResult)
        See `by_sex`.

    Returns
    -------
    DataFrame
        One row per sex and covariate. `standard_error`, `z`, `p_value` and the interval are clustered on the
        person, `model_standard_error` is the inverse information's. Terms that are not estimated have
        `status` and no estimate. `mean` was subtracted from an estimated column, and an infinite one has its
        events at `value_with_events` (`estimates_by_sex` reads them).
    """
    parts = []
    for sex, _, r in fits:
        b, se = r.coefficients, r.robust_standard_errors
        mean = np.full(len(b), np.nan)
        mean[r.estimated] = r.means
        z = b / se
        parts.append(
            {
                "sex": sex,
                "term": r.terms,
                "status": r.status,
                "coefficient": b,
                "standard_error": se,
                "model_standard_error": r.standard_errors,
                "z": z,
                "p_value": 2 * special.ndtr(-np.abs(z)),
                "hazard_ratio": np.exp(b),
                "ci_low": b - Z_975 * se,
                "ci_high": b + Z_975 * se,
                "mean": mean,
                "value_with_events": [r.infinite_at.get(term, np.nan) for term in r.terms],
            }
        )
    return typed(parts, _COEFFICIENTS)


def baseline_table(fits, window_weeks=156):
    """Rows of intermediate.int_cox_baseline: product-limit survival by sex and week 0..window, covariates 0.

    Parameters
    ----------
    fits : iterable of (sex, rows, CoxResult)
        See `by_sex`.
    window_weeks : int

    Returns
    -------
    DataFrame
    """
    weeks = np.arange(int(window_weeks) + 1)
    parts = [
        {"sex": sex, "week": weeks, "survival": result.baseline_survival(weeks)} for sex, _, result in fits
    ]
    return typed(parts, _BASELINE)


def hazard_tests_table(fits):
    """Efron's coefficients and the test of proportional hazards, one row per sex and covariate.

    Parameters
    ----------
    fits : iterable of (sex, rows, CoxResult)
        Those of `by_sex` with Efron's ties.

    Returns
    -------
    DataFrame
        The test is `proportional_hazards_test`: Grambsch-Therneau, rank of the event time. Terms that are not
        estimated have no numbers.
    """
    parts = []
    for sex, _, r in fits:
        statistic, p_value = proportional_hazards_test(r)
        parts.append(
            {
                "sex": sex,
                "term": r.terms,
                "efron_coefficient": r.coefficients,
                "efron_standard_error": r.standard_errors,
                "proportional_hazards_statistic": statistic,
                "proportional_hazards_p_value": p_value,
            }
        )
    return typed(parts, _HAZARD_TESTS)


@dataclass
class Estimate:
    """What a fitted Cox model hands on to who fits it again: no array over rows.

    Attributes
    ----------
    terms, status, coefficients, covariance, infinite_at
        As `CoxResult`.
    means : (estimated,) float array
        Subtracted from the estimated columns.
    """

    terms: list
    status: np.ndarray
    coefficients: np.ndarray
    covariance: np.ndarray
    infinite_at: dict
    means: np.ndarray

    @property
    def estimated(self):
        """(p,) bool array: columns with a coefficient."""
        return self.status == ESTIMATED


def covariance_table(fits):
    """Covariances of the coefficients, one row per sex and ordered pair of estimated terms.

    Parameters
    ----------
    fits : iterable of (sex, rows, CoxResult)
        See `by_sex`.

    Returns
    -------
    DataFrame
        Model-based: the inverse information.
    """
    parts = []
    for sex, _, r in fits:
        use = np.array(r.terms, object)[r.estimated]
        parts.append(
            {
                "sex": sex,
                "term": np.repeat(use, len(use)),
                "other_term": np.tile(use, len(use)),
                "covariance": r.covariance[np.ix_(r.estimated, r.estimated)].ravel(),
            }
        )
    return typed(parts, _COVARIANCE)


def estimates_by_sex(coefficients, covariances, terms):
    """`Estimate` of each sex, from the tables that hold it.

    Parameters
    ----------
    coefficients : DataFrame
        As `coefficients_table`.
    covariances : DataFrame
        As `covariance_table`.
    terms : list of str
        Names of the covariates in their order (`terms_of`).

    Returns
    -------
    dict of str to Estimate
    """
    found = {}
    for sex, rows in coefficients.groupby("sex"):
        rows = rows.set_index("term").loc[terms]
        estimated = (rows["status"] == ESTIMATED).to_numpy()
        use = rows.index[estimated]
        own = covariances[covariances["sex"] == sex]
        wide = own.pivot(index="term", columns="other_term", values="covariance")
        covariance = np.full((len(rows), len(rows)), np.nan)
        covariance[np.ix_(estimated, estimated)] = wide.reindex(index=use, columns=use).to_numpy(float)
        found[sex] = Estimate(
            terms=terms,
            status=rows["status"].to_numpy(str),
            coefficients=rows["coefficient"].to_numpy(float),
            covariance=covariance,
            infinite_at=rows.loc[rows["status"] == INFINITE, "value_with_events"].astype(float).to_dict(),
            means=rows["mean"].to_numpy(float)[estimated],
        )
    return found
