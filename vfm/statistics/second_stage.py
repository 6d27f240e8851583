"""The second stage with honest errors: both indicators are estimates, and what follows from them must say so.

Draws of both indicators (`indicator_draws`) carry their errors into the regression of Figure 5.1 and into the
frontiers of section 5.2.

An error in the regressor also draws the slope of least squares towards 0. The errors-in-variables estimate
beside it allows for that.

Notes
-----
Fuller (1987) for errors in variables with known error variance, Cheng & Schneeweiss (1998) for its polynomial
form; Horrace & Schmidt (1996) for conditional intervals.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import special

from vfm.statistics import frontier
from vfm.statistics.arguments import (
    ANY,
    NOT_NEGATIVE,
    POSITIVE,
    InputError,
    Labels,
    Number,
    Numbers,
    OneOf,
    Table,
    Text,
    Whole,
    accepts,
)
from vfm.statistics.frames import typed
from vfm.statistics.indicator_draws import DRAWS
from vfm.statistics.normal import Z_975
from vfm.statistics.regression import (
    FORMS,
    MUNICIPALITIES,
    fit,
    powers,
    precision_weights,
    samples_of,
)

_LEAST_RELIABILITY = 0.1  # up to it the corrected moments are noise
NOT_IDENTIFIED = "not identified"

_DEGREE = OneOf((1, 2))
_JOINT = {
    "sample": object,
    "form": object,
    "term": object,
    "weights": object,
    "estimator": object,
    "coefficient": float,
    "reason": object,
    "hc3_standard_error": float,
    "measurement_standard_error": float,
    "joint_standard_error": float,
    "t_value": float,
    "p_value": float,
    "ci_low": float,
    "ci_high": float,
    "reliability": float,
    "equation_standard_deviation": float,
    "municipalities": "int64",
    "draws": "int64",
}
_INTERVALS = {
    "side": object,
    "municipality_code": object,
    "boundary": object,
    "inefficiency": float,
    "conditional_low": float,
    "conditional_high": float,
    "joint_low": float,
    "joint_high": float,
    "rank": "Int64",
    "rank_low": "Int64",
    "rank_high": "Int64",
    "probability_among_ten_best": float,
    "distance_dkk": float,
    "distance_dkk_low": float,
    "distance_dkk_high": float,
    "excess_dkk": float,
    "excess_dkk_low": float,
    "excess_dkk_high": float,
    "share_of_draws_at_the_regression": float,
    "draws": "int64",
}


def _moments(x, noise, degree):
    """x^r free of the error's share in it, r = 0..2 degree: normal errors with standard deviation `noise`."""
    v = noise**2
    t = [np.ones_like(x), x, x**2 - v]
    if degree == 2:
        t += [x**3 - 3 * x * v, x**4 - 6 * x**2 * v + 3 * v**2]
    return t


_AXES = Numbers(dimensions=(1, 2, 3))


@accepts(y=_AXES, x=_AXES, weights=POSITIVE, noise=NOT_NEGATIVE, degree=_DEGREE)
def errors_in_variables(
    y: np.ndarray, x: np.ndarray, weights: np.ndarray, noise: np.ndarray, *, degree: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """Polynomial regression with a regressor that is measured with known, normal error.

    Parameters
    ----------
    y, x : (..., n) float arrays
        Outcome and measured regressor; leading axes are problems of their own.
    weights : (n,) float array
    noise : (n,) float array
        Standard deviation of the error of x; 0 gives weighted least squares.
    degree : {1, 2}

    Returns
    -------
    coefficients : (..., degree + 1) float array
        nan unless the reliability is above 0.1.
    reliability : (...) float array
        The least share, over all directions of the regressors, of their moments that is not error; for a
        line the reliability of x.

    Notes
    -----
    Solves ``sum w t_(i+j) b = sum w t_i y`` with ``E t_r = (true x)^r`` (Cheng & Schneeweiss 1998, adjusted
    least squares). For a line this is Fuller's (1987) method-of-moments estimator with known error variance:
    the covariance over the variance less the error's.
    """
    n = len(weights)
    if not x.shape[-1] == y.shape[-1] == len(noise) == n:
        raise InputError(f"x and y have shapes {x.shape}, {y.shape}, noise {len(noise)} and weights {n} rows")
    x, y = np.broadcast_arrays(x, y)
    w = weights / np.sum(weights)
    centre = (x * w).sum(axis=-1, keepdims=True)
    spread = np.sqrt(((x - centre) ** 2 * w).sum(axis=-1, keepdims=True))
    z, s = (x - centre) / spread, noise / spread
    size = degree + 1

    def matrix(t):
        m = [(w * v).sum(axis=-1) for v in t]
        return np.stack([np.stack([m[i + j] for j in range(size)], axis=-1) for i in range(size)], axis=-2)

    H, M = matrix(_moments(z, s, degree)), matrix(_moments(z, np.zeros_like(s), degree))
    h = np.stack([(w * t * y).sum(axis=-1) for t in _moments(z, s, degree)[:size]], axis=-1)
    half = np.linalg.inv(np.linalg.cholesky(M))
    reliability = np.linalg.eigvalsh(half @ H @ np.swapaxes(half, -1, -2))[..., 0]
    fine = reliability > _LEAST_RELIABILITY  # so that the moments are positive definite, too
    b = np.full(h.shape, np.nan)
    b[fine] = np.linalg.solve(H[fine], h[fine][..., None])[..., 0]
    # back from z to x
    centre, spread = centre[..., 0], spread[..., 0]
    out = np.empty_like(b)
    slope, bend = b[..., 1] / spread, (b[..., 2] / spread**2 if degree == 2 else np.zeros_like(spread))
    out[..., 0] = b[..., 0] - slope * centre + bend * centre**2
    out[..., 1] = slope - 2 * bend * centre
    if degree == 2:
        out[..., 2] = bend
    return out, reliability


def _half_width(draws):
    """Half the distance between the 2.5 and 97.5 % points over 1.96: a standard error few draws can upset."""
    fine = draws[~np.isnan(draws).any(axis=1)]
    if len(fine) < 2:
        return np.full(draws.shape[1], np.nan)
    low, high = np.quantile(fine, [0.025, 0.975], axis=0)
    return (high - low) / (2 * Z_975)


@accepts(
    *("y", "x", "weights"),
    y=ANY,
    x=ANY,
    weights=POSITIVE,
    noise_y=Numbers(dimensions=(2,)),
    noise_x=Numbers(dimensions=(2,)),
    degree=_DEGREE,
    seed=Whole(0),
)
def joint_fit(  # long: one simulation, step by step as its notes say
    y: np.ndarray,
    x: np.ndarray,
    weights: np.ndarray,
    noise_y: np.ndarray,
    noise_x: np.ndarray,
    *,
    degree: int = 1,
    seed: int = 0,
) -> tuple[dict, dict, dict, float, float]:
    """Weighted regression of estimates on estimates, with standard errors that know it.

    Parameters
    ----------
    y, x, weights : (n,) float arrays
    noise_y, noise_x : (draws, n) float arrays
        Draws of the errors of y and of x.
    degree : {1, 2}
    seed : int

    Returns
    -------
    coefficients, measurement, joint : dict of (degree + 1,) float arrays
        By estimator, 'weighted' and 'errors_in_variables': coefficients; standard errors from the errors of
        the indicators alone, and with the variation between municipalities around the line.
    reliability : float
        See `errors_in_variables`.
    equation : float
        Standard deviation of that variation: what remains of the residuals after the errors.

    Notes
    -----
    A world is made in which the true regressors have the spread of x without its errors (each x is drawn
    towards the mean by as much as its own error asks for), the true outcomes lie around the
    errors-in-variables curve with the equation's standard deviation, and both are measured with the drawn
    errors; both estimators are applied to it. Where there is no errors-in-variables estimate the weighted
    curve stands in. An error shared by all municipalities shifts the line but not
    its slope: the error variances are those of the errors less their weighted mean.
    """
    for name, noise in (("noise_y", noise_y), ("noise_x", noise_x)):
        if noise.shape != (len(noise_y), len(y)):
            raise InputError(
                f"{name} has shape {noise.shape}: give the draws by {len(y)} rows, as many of both"
            )
    w = weights / weights.sum()
    noise_y, noise_x = noise_y - noise_y.mean(axis=0), noise_x - noise_x.mean(axis=0)
    noise = np.sqrt(((noise_x - (noise_x @ w)[:, None]) ** 2).mean(axis=0))
    none = np.zeros(len(x))
    weighted = fit(y, x, w, degree=degree).params.to_numpy()
    corrected, reliability = errors_in_variables(y, x, w, noise, degree=degree)
    curve = corrected if np.isfinite(corrected).all() else weighted
    share = max(float(errors_in_variables(y, x, w, noise)[1]), _LEAST_RELIABILITY)
    true_variance = share * (w @ (x - w @ x) ** 2)
    shrink = np.sqrt(true_variance / (true_variance + noise**2))
    # what the known errors leave of the residuals: trace of the residuals' covariance under either
    X = powers(x, "x", degree).to_numpy()
    left = np.eye(len(x)) - X @ np.linalg.solve((X.T * w) @ X, X.T * w)
    slope = weighted[1] + (2 * weighted[2] * x if degree == 2 else 0.0)
    known = ((left @ (noise_y - slope * noise_x).T) ** 2).T @ w
    variance = (w @ (left @ y) ** 2 - known.mean()) / (w @ left**2).sum()
    equation = np.sqrt(max(variance, 0.0))
    true_x = w @ x + shrink * (x - w @ x)
    true_y = powers(true_x, "x", degree).to_numpy() @ curve
    eta = equation * np.random.default_rng(seed).standard_normal(noise_y.shape)
    coefficients = {"weighted": weighted, "errors_in_variables": corrected}
    measurement, joint = {}, {}
    for name, error in (("weighted", none), ("errors_in_variables", noise)):
        for out, around in ((measurement, 0.0), (joint, eta)):
            drawn, _ = errors_in_variables(
                true_y + around + noise_y, true_x + noise_x, w, error, degree=degree
            )
            out[name] = np.where(np.isfinite(coefficients[name]), _half_width(drawn), np.nan)
    return coefficients, measurement, joint, float(reliability), float(equation)


def _errors(data, draws):
    """Draws of both indicators less the mean over draws, (draws, K) each, in the order of `data`."""
    drawn = draws[draws["draw"] > 0]
    codes = data["municipality_code"]
    out = []
    for column in ("benchmark_indicator", "expenditure_indicator"):
        wide = drawn.pivot(index="draw", columns="municipality_code", values=column).reindex(columns=codes)
        if wide.isna().to_numpy().any():
            lacking = wide.columns[wide.isna().any()]
            raise InputError(
                f"draws lacks municipality {lacking[0]}, and {len(lacking)} of {len(codes)} in all: "
                "give those of "
                "the same build"
            )
        out.append(wide.to_numpy(float))
    return out


@accepts(
    municipalities=Table(
        MUNICIPALITIES.columns | {"benchmark_standard_error": POSITIVE, "programme_persons": POSITIVE},
        key=MUNICIPALITIES.key,
    ),
    draws=DRAWS,
    outlier=Text(may_be_empty=True),
    seed=Whole(0),
)
def joint_regressions(
    municipalities: pd.DataFrame, draws: pd.DataFrame, outlier: str = "169", seed: int = 0
) -> pd.DataFrame:
    """Rows of efficiency.indicator_regressions_joint.

    Parameters
    ----------
    municipalities : DataFrame
        intermediate.int_efficiency_input.
    draws : DataFrame
        intermediate.int_indicator_draws.
    outlier : str
        Code of the municipality that the second sample leaves out; empty for no second sample.
    seed : int

    Returns
    -------
    DataFrame
        One row for each sample, form, term, weights ('spells', 'persons', 'precision':
        `regression.precision_weights`)
        and estimator; t, p and the interval use the joint standard error and Student's t. Samples, forms and
        terms are those of `regression.indicator_regressions`. Without an errors-in-variables estimate the
        `reason` is 'not identified'. A reliability below 0, which is no share, is missing.
    """
    data = municipalities.sort_values("municipality_code", kind="stable").reset_index(drop=True)
    if not len(data):
        return typed([], _JOINT)
    noise_y, noise_x = _errors(data, draws)
    y, x = (data[c].to_numpy(float) for c in ("benchmark_indicator", "expenditure_indicator"))
    weights = {
        "spells": data["spells"].to_numpy(float),
        "persons": data["programme_persons"].to_numpy(float),
        "precision": precision_weights(y, data["benchmark_standard_error"].to_numpy(float)),
    }
    parts = []
    for sample, rows in samples_of(data["municipality_code"], outlier).items():
        for form, degree in FORMS.items():
            for kind, w in weights.items():
                own = (y[rows], x[rows], w[rows], noise_y[:, rows], noise_x[:, rows])
                found = _joint_rows(*own, degree=degree, seed=seed)
                parts += [row | {"sample": sample, "form": form, "weights": kind} for row in found]
    return typed(parts, _JOINT)


def _joint_rows(y, x, w, noise_y, noise_x, degree, seed):
    """Rows of `joint_regressions` of one sample, form and kind of weights, by estimator."""
    coefficients, measurement, joint, reliability, equation = joint_fit(
        y, x, w, noise_y, noise_x, degree=degree, seed=seed
    )
    terms = powers(x[:1], "expenditure_indicator", degree).columns
    freedom = len(y) - len(terms)
    quantile = special.stdtrit(freedom, 0.975)
    hc3 = np.asarray(fit(y, x, w, degree=degree).HC3_se)
    for estimator, b in coefficients.items():
        se = joint[estimator]
        with np.errstate(invalid="ignore", divide="ignore"):
            t = b / se
        yield {
            "term": terms,
            "estimator": estimator,
            "coefficient": b,
            "reason": None if np.isfinite(b).all() else NOT_IDENTIFIED,
            "hc3_standard_error": hc3 if estimator == "weighted" else np.nan,
            "measurement_standard_error": measurement[estimator],
            "joint_standard_error": se,
            "t_value": t,
            "p_value": 2 * special.stdtr(freedom, -np.abs(t)),
            "ci_low": b - quantile * se,
            "ci_high": b + quantile * se,
            "reliability": reliability if reliability >= 0 else np.nan,
            "equation_standard_deviation": equation,
            "municipalities": len(y),
            "draws": len(noise_y),
        }


@accepts(
    municipalities=frontier.MEASURED,
    draws=DRAWS,
    frontier_results=Table(
        {
            "result": Labels(),
            "side": Labels(),
            "distribution": Labels(),
            "municipality_code": Labels(gaps=True),
            "boundary": Labels(gaps=True),
            "sigma_u": Numbers(gaps=True),
            "sigma_v": Numbers(gaps=True),
            "lr_bootstrap_p_value": Numbers(gaps=True),
            "residual": Numbers(gaps=True),
            "regression": Numbers(gaps=True),
            "inefficiency": Numbers(gaps=True),
            "rank": Numbers(gaps=True),
        }
    ),
    seed=Whole(0),
    level=Number(0, 1),
)
def frontier_intervals(  # long: its notes say what every interval is
    municipalities: pd.DataFrame,
    draws: pd.DataFrame,
    frontier_results: pd.DataFrame,
    seed: int = 0,
    level: float = 0.95,
) -> pd.DataFrame:
    """Rows of efficiency.frontier_intervals: the distance from the half-normal frontier and how sure it is.

    Parameters
    ----------
    municipalities : DataFrame
        intermediate.int_efficiency_input.
    draws : DataFrame
        intermediate.int_indicator_draws; draw 0 gives the expected expenditure at the estimates.
    frontier_results : DataFrame
        intermediate.int_frontier_results, which has the frontiers of these municipalities.
    seed : int
        Of the inefficiencies drawn from their conditional laws.
    level : float
        Of all intervals.

    Returns
    -------
    DataFrame
        One row per side and municipality. Distances in kroner are those of the cost side.

    Raises
    ------
    ValueError
        The draws lack a municipality, or an indicator has no error.

    Notes
    -----
    The frontier is that of `frontier.known_noise_table`. `conditional_low`, `conditional_high`: quantiles of
    u given the residual there (Horrace & Schmidt 1996), which take the frontier as known; missing at either
    corner. `joint_low`, `joint_high`: the frontier fitted to each draw of both indicators, u drawn given the
    residual there. A draw errs twice, once as the estimate and once by itself, so its known noise has twice
    the variance. The intervals are wider than they need be for it. Where the test at 1 - level finds no
    inefficiency, they start at 0. Ranks are those of the inefficiencies drawn. At sigma_u = 0 nothing of this
    is there. `excess_dkk` is measured from the regression line instead: the cost beyond that of the average
    municipality with the same result, negative where it is less.
    """
    data = municipalities.sort_values("municipality_code", kind="stable").reset_index(drop=True)
    if not len(data):
        return typed([], _INTERVALS)
    codes = data["municipality_code"]
    errors = frontier.own_errors(data, draws)
    drawn = {
        name: draws.pivot(index="draw", columns="municipality_code", values=name)
        .reindex(columns=codes)
        .to_numpy()
        for name in ("benchmark_indicator", "expenditure_indicator", "expected_dkk")
    }
    half_normal = frontier_results[frontier_results["distribution"] == "half_normal"]
    parts = []
    for stream, side in zip(np.random.default_rng(seed).spawn(2), frontier.MODELS, strict=True):
        own = half_normal[half_normal["side"] == side].set_index("municipality_code")
        known = own[own["result"] == "known_noise"].loc[codes]
        parts.append(_side_intervals(data, drawn, side, known, errors[side], stream, level))
        if side == "cost":
            line = own.loc[own["result"] == "municipalities", "regression"].loc[codes].to_numpy(float)
            parts[-1] |= _excess(data, drawn, line, level)
    return typed([pd.DataFrame(part).reindex(columns=list(_INTERVALS)) for part in parts], _INTERVALS)


def _side_intervals(data, drawn, side, known, noise, stream, level):
    """Columns of `frontier_intervals` of one side, without the excess; `known` has its fitted frontier."""
    outcome, regressor = frontier.MODELS[side]
    boundary, p = known["boundary"].iloc[0], known["lr_bootstrap_p_value"].iloc[0]
    x = drawn[regressor][1:]
    X = np.stack([np.ones_like(x), x, x**2], axis=-1)
    twice = np.sqrt(2) * noise
    many = frontier.fit_half_normal(drawn[outcome][1:].T, X, np.ones(len(data)), side, twice)
    chance = stream.random(many.residuals.shape)
    sigma = np.sqrt(many.sigma_v**2 + twice[:, None] ** 2)
    u = frontier.conditional_quantile(
        *frontier.conditional_law(many.residuals, many.sigma_u, sigma), chance
    ).T
    row = {
        "side": side,
        "municipality_code": data["municipality_code"],
        "boundary": boundary,
        "share_of_draws_at_the_regression": (many.sigma_u == 0).mean(),
        "draws": len(x),
    }
    if boundary == "sigma_u":
        return row
    tails = [(1 - level) / 2, (1 + level) / 2]
    low, high = np.quantile(u, tails, axis=0)
    if not p < 1 - level:  # that there is none is not ruled out for anybody
        low = np.zeros_like(low)
    wide = high > low
    # where no inefficiency is drawn all are alike, and chance decides
    rank = 1 + np.argsort(np.lexsort((chance.T, u), axis=1), axis=1)
    rank_low, rank_high = np.quantile(rank, tails, axis=0, method="nearest")
    row |= {
        "inefficiency": known["inefficiency"].to_numpy(float),
        "joint_low": np.where(wide, low, np.nan),
        "joint_high": np.where(wide, high, np.nan),
        "rank": known["rank"].to_numpy(float),
        "rank_low": rank_low,
        "rank_high": rank_high,
        "probability_among_ten_best": (rank <= frontier.TEN_BEST).mean(axis=0),
    }
    if boundary == "none":
        [sigma_u, *_], [sigma_v, *_] = known["sigma_u"], known["sigma_v"]
        residuals = frontier.SIDES[side] * known["residual"].to_numpy(float)
        law = frontier.conditional_law(residuals, sigma_u, np.sqrt(sigma_v**2 + noise**2))
        row |= {
            f"conditional_{end}": frontier.conditional_quantile(*law, tail)
            for end, tail in zip(("low", "high"), tails, strict=True)
        }
    if side == "cost":
        expected = drawn["expected_dkk"]
        distance = np.quantile(u * expected[1:], tails, axis=0)
        distance[0] = np.where(low > 0, distance[0], 0.0)
        row["distance_dkk"] = row["inefficiency"] * expected[0]
        row["distance_dkk_low"], row["distance_dkk_high"] = np.where(wide, distance, np.nan)
    return row


def _excess(data, drawn, line, level):
    """Cost beyond the regression `line` of Figure 5.4, in kroner, with its interval over the draws."""
    weights, expected = data["spells"].to_numpy(float), drawn["expected_dkk"]
    x, y = drawn["benchmark_indicator"][1:], drawn["expenditure_indicator"][1:]
    X = np.stack([np.ones_like(x), x, x**2], axis=-1)
    basis = np.linalg.qr(np.sqrt(weights)[:, None] * X)[0]
    fitted = np.einsum("bnk,bk->bn", basis, np.einsum("bnk,bn->bk", basis, np.sqrt(weights) * y))
    beyond = (y - fitted / np.sqrt(weights)) * expected[1:]
    low, high = np.quantile(beyond, [(1 - level) / 2, (1 + level) / 2], axis=0)
    excess = (data["expenditure_indicator"].to_numpy(float) - line) * expected[0]
    return {"excess_dkk": excess, "excess_dkk_low": low, "excess_dkk_high": high}
