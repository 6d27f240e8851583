"""Does money buy results? Weighted least squares of the benchmark indicator on the expenditure indicator.

Notes
-----
Report, section 5.2 and Figure 5.1, with eq. 4 of appendix 4 for the quadratic form. The report's weights are
the municipalities' numbers of spells, as analytic weights: their scale does not matter. Its classical error
is too small under them: a slope of 0 is called significant far more often than it should be
(docs/recovery.md). Robust (HC3, MacKinnon & White 1985) standard errors stand beside it. Precision weights
follow how well each municipality is known.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from statsmodels.regression.linear_model import WLS, RegressionResults

from vfm.statistics.arguments import (
    ANY,
    POSITIVE,
    InputError,
    Labels,
    Numbers,
    OneOf,
    Table,
    Text,
    accepts,
)
from vfm.statistics.frames import typed

#: The municipalities of the second stage (intermediate.int_efficiency_input).
MUNICIPALITIES = Table(
    {
        "municipality_code": Labels(),
        "spells": POSITIVE,
        "benchmark_indicator": POSITIVE,
        "expenditure_indicator": POSITIVE,
    },
    key=("municipality_code",),
)

_COLUMNS = {
    "sample": object,
    "form": object,
    "term": object,
    "coefficient": float,
    "standard_error": float,
    "t_value": float,
    "p_value": float,
    "robust_standard_error": float,
    "r_squared": float,
    "municipalities": "int64",
}
FORMS = {"linear": 1, "quadratic": 2}


@accepts(codes=Labels(), outlier=Text(may_be_empty=True))
def samples_of(codes: pd.Series, outlier: str) -> dict[str, np.ndarray]:
    """The samples of a regression: all municipalities, and all but the outlier.

    Parameters
    ----------
    codes : (n,) Series of str
    outlier : str
        Code of the municipality that the second sample leaves out; empty for no second sample.

    Returns
    -------
    dict of str to (n,) bool array
        'all' and 'without_outlier': whether each municipality is in the sample.
    """
    samples = {"all": np.ones(len(codes), bool)}
    return samples | {"without_outlier": codes.astype(str) != outlier} if outlier else samples


@accepts(x=Numbers(empty=True), name=Text(), degree=OneOf((1, 2)))
def powers(x: ArrayLike, name: str, degree: int) -> pd.DataFrame:
    """Constant, x, x squared ... as a frame with the names constant, <name>, <name>_squared."""
    columns = {"constant": np.ones(len(x))}
    for k in range(1, degree + 1):
        columns[name if k == 1 else f"{name}_squared"] = x**k
    return pd.DataFrame(columns)


@accepts("y", "x", "weights", y=ANY, x=ANY, weights=POSITIVE, degree=OneOf((1, 2)), name=Text())
def fit(
    y: ArrayLike, x: ArrayLike, weights: ArrayLike, *, degree: int = 1, name: str = "expenditure_indicator"
) -> RegressionResults:
    """Weighted least squares of y on a constant and the powers of x.

    Parameters
    ----------
    y, x, weights : (n,) arrays
        Outcome, regressor and weights above 0.
    degree : {1, 2}
    name : str
        Name of the regressor.

    Returns
    -------
    statsmodels RegressionResults

    Raises
    ------
    ValueError
        Missing or infinite values, weights that are not above 0, no more rows than terms, x nearly constant.
    """
    X = powers(x, name, degree)
    if len(y) <= X.shape[1]:
        raise InputError(f"y has {len(y)} municipalities, too few for {X.shape[1]} terms")
    if np.linalg.matrix_rank(X) < X.shape[1]:
        raise InputError(f"x has too few distinct values for {X.shape[1]} terms")
    return WLS(y, X, weights=weights).fit()


@accepts("y", "standard_errors", y=ANY, standard_errors=POSITIVE)
def precision_weights(y: ArrayLike, standard_errors: ArrayLike) -> np.ndarray:
    """Weights of estimates that vary around a line, too: 1 / (tau^2 + s^2).

    Parameters
    ----------
    y, standard_errors : (n,) arrays
        Estimates and their standard errors s.

    Returns
    -------
    (n,) float array
        tau^2 is the variance between them of Paule & Mandel (1982); all weights are alike if all errors are.
    """
    from statsmodels.stats.meta_analysis import combine_effects  # slow to import

    variance = np.asarray(standard_errors, float) ** 2
    if len(variance) < 2:
        return 1 / variance
    return 1 / (variance + float(combine_effects(np.asarray(y, float), variance, method_re="iterated").tau2))


@accepts(municipalities=MUNICIPALITIES, outlier=Text(may_be_empty=True))
def indicator_regressions(municipalities: pd.DataFrame, outlier: str = "169") -> pd.DataFrame:
    """Rows of efficiency.indicator_regressions.

    Parameters
    ----------
    municipalities : DataFrame
        intermediate.int_efficiency_input: municipality_code, spells, both indicators.
    outlier : str
        Code of the municipality that the second sample leaves out; empty for no second sample.

    Returns
    -------
    DataFrame
        One row for each sample (`samples_of`), form ('linear', 'quadratic') and term.
    """
    data = municipalities.sort_values("municipality_code", kind="stable")
    parts = []
    for sample, within in samples_of(data["municipality_code"], outlier).items() if len(data) else ():
        rows = data[within]
        for form, degree in FORMS.items():
            r = fit(rows["benchmark_indicator"], rows["expenditure_indicator"], rows["spells"], degree=degree)
            parts.append(
                {
                    "sample": sample,
                    "form": form,
                    "term": r.params.index,
                    "coefficient": r.params.to_numpy(),
                    "standard_error": r.bse.to_numpy(),
                    "t_value": r.tvalues.to_numpy(),
                    "p_value": r.pvalues.to_numpy(),
                    "robust_standard_error": np.asarray(r.HC3_se),
                    "r_squared": r.rsquared,
                    "municipalities": len(rows),
                }
            )
    return typed(parts, _COLUMNS)
