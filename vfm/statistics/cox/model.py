"""A Cox model: its fit, its result, the product-limit baseline and the test of proportional hazards.

Notes
-----
Kalbfleisch & Prentice (2002), section 4.3, for the baseline survival; Lin & Wei (1989) for the sandwich;
Grambsch & Therneau (1994) for the test of proportional hazards.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy import special

from vfm.statistics.arguments import (
    NOT_NEGATIVE,
    WEEKS,
    WEIGHTS,
    Call,
    Covariates,
    InputError,
    Labels,
    Numbers,
    Result,
    Truth,
    accepts,
)
from vfm.statistics.covariates import (
    Packed,
    blocks_of,
    centred,
    columns_of,
    rows_of,
    vector_times,
)
from vfm.statistics.cox.inputs import checked, screened
from vfm.statistics.cox.likelihood import Likelihood, ScoreParts, State
from vfm.statistics.cox.names import ESTIMATED, ONE_OF_TIES, RESULT
from vfm.statistics.cox.newton import COLLINEAR_TOLERANCE, collinear, independent, newton_maximum
from vfm.statistics.risk_sets import RiskSets, grouped


@accepts(risk=Result(("event_rows", "at_risk"), "RiskSets"), relative=NOT_NEGATIVE, weights=NOT_NEGATIVE)
def product_limit(risk: RiskSets, relative: np.ndarray, weights: np.ndarray) -> np.ndarray:
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


@dataclass(frozen=True)
class SortedRows:
    """The rows of a fit by duration, and what the model says of each.

    Attributes
    ----------
    risk_sets : RiskSets
        Its `order` leads back to the rows of the input.
    covariates : (n, estimated) float array or Packed
        The estimated columns, less `CoxResult.means`.
    predictor : (n,) float array
        x b of these covariates.
    relative : (n,) float array
        Its exponential over that of the largest; 0 for a row without hazard.
    has_hazard : (n,) bool array
        False for a row whose hazard is 0 in the limit of an infinite coefficient.
    """

    risk_sets: RiskSets
    covariates: np.ndarray | Packed
    predictor: np.ndarray
    relative: np.ndarray
    has_hazard: np.ndarray


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
    log_likelihood : float
        Partial log-likelihood at the estimate.
    gradient : (p,) float array
        Score at the estimate (0 but for rounding; nan unless estimated).
    infinite_at : dict of str to float
        The value of each infinite column at which all its events lie.
    means : (estimated,) float array
        Subtracted from the estimated columns.
    rows : SortedRows
    linear_predictor : (n,) float array
        x b over the estimated columns; -inf for a row whose hazard is 0 in the limit of an infinite
        coefficient.

    Notes
    -----
    What only some callers want (`score_parts`, `robust_covariance`, the baseline) is computed when it is
    first asked for.
    """

    terms: list
    status: np.ndarray
    coefficients: np.ndarray
    covariance: np.ndarray
    log_likelihood: float
    gradient: np.ndarray
    iterations: int
    ties: str
    observations: int
    events: int
    clusters: int
    infinite_at: dict
    means: np.ndarray
    rows: SortedRows = field(repr=False)
    _weights: np.ndarray = field(repr=False)  # (n,) sorted
    _cluster: np.ndarray | None = field(repr=False)  # (n,) sorted; 0, 1, ...
    _likelihood: Likelihood = field(repr=False)
    _state: State = field(repr=False)

    @cached_property
    def linear_predictor(self) -> np.ndarray:
        """(n,) x b over the estimated columns; -inf for a row whose hazard is 0."""
        rows, at_zero = self.rows, self.means @ self.coefficients[self.estimated]
        out = np.empty_like(rows.predictor)
        out[rows.risk_sets.order] = np.where(rows.has_hazard, rows.predictor + at_zero, -np.inf)
        return out

    @cached_property
    def score_parts(self) -> ScoreParts:
        """What the score residuals of the estimated columns are made of."""
        return self._likelihood.score_parts(self._state)

    @accepts(values=Numbers(empty=True))
    def trend(self, values: np.ndarray) -> np.ndarray:
        """Sum of Schoenfeld residuals times `values` (events,) in time order, (estimated,)."""
        return self._likelihood.trend(self._state, values)

    def _scores(self, rows, X):
        """Unweighted score residuals (rows, estimated) of sorted rows whose covariates are X."""
        return self._likelihood.scores(self._state, self.score_parts, rows, X)

    @cached_property
    def robust_covariance(self) -> np.ndarray:
        """(p, p) sandwich summed within clusters."""
        X, single = self.rows.covariates, self._weights.copy()
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
    def estimated(self) -> np.ndarray:
        """(p,) bool array: columns with a coefficient."""
        return self.status == ESTIMATED

    @property
    def standard_errors(self) -> np.ndarray:
        """(p,) model-based standard errors."""
        return np.sqrt(np.diag(self.covariance))

    @property
    def robust_standard_errors(self) -> np.ndarray:
        """(p,) clustered (or per-row) sandwich standard errors."""
        return np.sqrt(np.diag(self.robust_covariance))

    def columns(self, status: str) -> list:
        """Names of the columns with this status."""
        return [t for t, s in zip(self.terms, self.status, strict=True) if s == status]

    @cached_property
    def _baseline(self):
        risk = self.rows.risk_sets
        return product_limit(risk, np.exp(self.linear_predictor[risk.order]), self._weights)

    def baseline_hazard(self) -> tuple[np.ndarray, np.ndarray]:
        """Distinct durations, and -log(alpha) of the product-limit baseline (all covariates 0) at each."""
        return self.rows.risk_sets.times, self._baseline

    @accepts(times=Numbers("weeks", empty=True, dimensions=(0, 1)))
    def baseline_survival(self, times: np.ndarray) -> np.ndarray:
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
        return survival[np.searchsorted(weeks, times, side="right")]


@accepts(
    *("duration", "event", "X", "weights", "cluster"),
    duration=WEEKS,
    event=Truth(),
    X=Covariates(optional=True),
    weights=WEIGHTS,
    cluster=Labels(optional=True),
    ties=ONE_OF_TIES,
    start=Numbers(gaps=True, infinite=True, empty=True, optional=True),
)
def fit(  # long: it names every part of the result
    duration: ArrayLike,
    event: ArrayLike,
    X: ArrayLike | None,
    *,
    weights: ArrayLike | None = None,
    cluster: ArrayLike | None = None,
    ties: str = "breslow",
    start: ArrayLike | None = None,
) -> CoxResult:
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
    duration, event, X, terms, weights, cluster = checked(duration, event, X, weights, cluster)
    risk = RiskSets(duration, event)
    at_risk = duration >= duration[event & (weights > 0)].min()
    sums = vector_times(weights * at_risk, X)
    status, infinite_at = screened(risk, X, weights, at_risk)
    alive = np.ones(len(X), bool)  # rows with a hazard above 0
    for j, value in infinite_at.items():
        alive &= rows_of(X, slice(None), [j])[:, 0] == value
    live = weights * alive
    use = np.flatnonzero(status == ESTIMATED)
    counted = live * at_risk
    mean = (vector_times(counted, X) if infinite_at else sums)[use] / counted.sum()
    likelihood = Likelihood(risk, centred(X, risk.order, use, mean), live[risk.order], ties)
    if start is not None and len(start) != X.shape[1]:
        raise InputError(f"start has {len(start)} values and X {X.shape[1]} columns: give one a column")
    b = None if start is None else np.nan_to_num(start[use], posinf=0.0, neginf=0.0)
    found = _maximum(likelihood, mean, b, [terms[j] for j in use])
    status[use] = found.status
    p, good = len(terms), found.status == ESTIMATED
    use, state = use[good], found.state
    coefficients, gradient, covariance = np.full(p, np.nan), np.full(p, np.nan), np.full((p, p), np.nan)
    coefficients[use], gradient[use] = found.coefficients, found.gradient
    covariance[np.ix_(use, use)] = found.covariance
    has_hazard = alive[risk.order]
    state.relative = np.where(has_hazard, state.relative, 0.0)
    return CoxResult(
        terms=terms,
        status=status.astype(str),
        coefficients=coefficients,
        covariance=covariance,
        log_likelihood=state.log_likelihood,
        gradient=gradient,
        iterations=found.iterations,
        ties=ties,
        observations=len(X),
        events=int(event.sum()),
        clusters=len(X) if cluster is None else int(cluster.max()) + 1,
        infinite_at={terms[j]: v for j, v in infinite_at.items()},
        means=mean[good],
        rows=SortedRows(risk, found.likelihood.X, state.eta, state.relative, has_hazard),
        _weights=weights[risk.order],
        _cluster=None if cluster is None else cluster[risk.order],
        _likelihood=found.likelihood,
        _state=state,
    )


@dataclass
class _Maximum:
    """The maximum of a likelihood: arrays over its columns that are estimated, but for `status`."""

    status: np.ndarray  # of all columns
    likelihood: Likelihood  # of the estimated ones
    state: State
    coefficients: np.ndarray
    gradient: np.ndarray
    covariance: np.ndarray
    iterations: int


def _maximum(likelihood, mean, start, terms):
    """`_Maximum` of a likelihood whose columns had these means and names, from coefficients `start` or 0."""
    status = np.full(len(terms), ESTIMATED, dtype=object)
    if not terms:
        return _Maximum(status, likelihood, likelihood.null, np.zeros(0), np.zeros(0), np.zeros((0, 0)), 0)
    b, state, rough = np.zeros(len(terms)), likelihood.null, likelihood.rough()
    if start is not None:
        state = likelihood.state(likelihood.predictor(start))
        b, state = (b, likelihood.null) if state is None else (start, state)
    least = (1e-13 * mean) ** 2 * likelihood.death_weight.sum()
    information = rough.information(state)
    if not independent(information, least, COLLINEAR_TOLERANCE if rough is likelihood else 1e-4):
        # far out and in single precision, columns can seem to be lost
        b, state = np.zeros(len(terms)), likelihood.null
        information = likelihood.information(state)
        status = collinear(information, least)
        good = status == ESTIMATED
        if not good.all():
            b, information = b[good], information[np.ix_(good, good)]
            likelihood = Likelihood(
                likelihood.risk, columns_of(likelihood.X, good), likelihood.weights, likelihood.ties
            )
            rough, state = likelihood.rough(), likelihood.null
            terms = [term for term, keep in zip(terms, good, strict=True) if keep]
    score, inverse, iterations = np.zeros(0), np.zeros((0, 0)), 0
    if terms:
        information = likelihood.standardise(information, at_null=state is likelihood.null)
        rough.scale = likelihood.scale
        b, state, score, inverse, iterations = newton_maximum(
            likelihood, rough, terms, b * likelihood.scale, state, information
        )
    scale = likelihood.scale
    return _Maximum(
        status, likelihood, state, b / scale, score * scale, inverse / np.outer(scale, scale), iterations
    )


@accepts(result=RESULT)
def proportional_hazards_test(result: CoxResult) -> tuple[np.ndarray, np.ndarray]:
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
    return trend_test(result, lambda time: pd.Series(time).rank().to_numpy())


@accepts(result=RESULT, transform=Call())
def trend_test(
    result: CoxResult, transform: Callable[[np.ndarray], np.ndarray]
) -> tuple[np.ndarray, np.ndarray]:
    """Test of each coefficient against a trend in a transform of the event time.

    Parameters
    ----------
    result : CoxResult
        As `proportional_hazards_test`.
    transform : callable
        From the times of the events (d,) to the values (d,) that a hazard ratio might follow.

    Returns
    -------
    statistic, p_value : (p,) float arrays
        As `proportional_hazards_test`.
    """
    p = len(result.terms)
    statistic, p_value = np.full(p, np.nan), np.full(p, np.nan)
    use = np.flatnonzero(result.estimated)
    if not len(use):
        return statistic, p_value
    V = result.covariance[np.ix_(use, use)]
    risk = result.rows.risk_sets
    g = transform(risk.times[risk.event_week])
    g = g - g.mean()
    d = len(g)
    trend = d * V @ result.trend(g)
    total = d * np.diag(V) * (g @ g)
    if g @ g > 0:
        statistic[use] = trend**2 / total
        p_value[use] = special.chdtrc(1, statistic[use])
    return statistic, p_value
