"""What a municipality's programme should cost: expenditure on the composition of its participants.

Notes
-----
Report, section 5.1 and Table 5.1 (models 1-3). One observation is a municipality and year. The report's
t-values are those of independent observations; `clustered_standard_error` beside them allows for a
municipality's years being alike (Liang & Zeger 1986, with statsmodels' small-sample factor G / (G - 1) x (n -
1) / (n - k)).
"""

import numpy as np
import pandas as pd
import statsmodels.api as sm

OUTCOME = "expenditure_per_full_year_person_dkk"

_FIRST = (
    "share_danish_education_unknown",
    "share_danish_education_1",
    "share_danish_education_2",
    "share_under_25",
    "share_refugees",
)
_SECOND = ("share_europe_outside_eu28", "share_south_central_america", "share_asia")
_THIRD = ("share_syria", "share_thailand_philippines", "share_turkey", "share_iran_afghanistan")

#: Composition terms of each model of Table 5.1; year dummies and a constant come on top.
MODELS = {1: _FIRST, 2: _FIRST + _SECOND, 3: _FIRST + _SECOND + _THIRD}

_COEFFICIENTS = {
    "model": "int64",
    "term": object,
    "coefficient_dkk": float,
    "standard_error": float,
    "t_value": float,
    "p_value": float,
    "clustered_standard_error": float,
}
_INDICATORS = {
    "municipality_code": object,
    "years": "int64",
    "expenditure_per_full_year_person_dkk": float,
    "expected_dkk": float,
    "expenditure_indicator": float,
    "standard_error": float,
}
_FIT = {
    "model": "int64",
    "observations": "int64",
    "r_squared": float,
    "model_degrees_of_freedom": "int64",
    "residual_standard_error_dkk": float,
    "municipalities": "int64",
}


def design(cells, model):
    """Covariates of one model: composition, year dummies (reference: the first year), constant.

    Parameters
    ----------
    cells : DataFrame
        intermediate.int_cost_need_input: one row per municipality and year, with `year` and the shares.
    model : {1, 2, 3}

    Returns
    -------
    DataFrame
        One column per term of Table 5.1, in its order.

    Raises
    ------
    ValueError
        If a column is missing, or holds missing or infinite values.
    """
    wanted = ["municipality_code", "year", OUTCOME, *MODELS[model]]
    missing = [c for c in wanted if c not in cells.columns]
    if missing:
        raise ValueError(f"the cost-need input lacks column {', '.join(missing)}")
    holes = [c for c in wanted if cells[c].isna().any()]
    if holes:
        raise ValueError(f"the cost-need input has missing values in column {', '.join(holes)}")
    endless = [c for c in wanted[1:] if not np.isfinite(cells[c].astype(float)).all()]
    if endless:
        raise ValueError(f"the cost-need input has infinite values in column {', '.join(endless)}")
    X = cells[list(MODELS[model])].astype(float)
    years = sorted(cells["year"].unique())
    for year in years[1:]:
        X[f"year_{int(year)}"] = (cells["year"] == year).astype(float)
    X["constant"] = 1.0
    return X


def _aliased(X):
    """Names of the columns that are combinations of columns before them (the constant first)."""
    names = ["constant", *[c for c in X.columns if c != "constant"]]
    basis, aliased = np.zeros((len(X), 0)), []
    for name in names:
        column = X[name].to_numpy(float)
        rest = column - basis @ (basis.T @ column)
        rest -= basis @ (basis.T @ rest)
        length = np.linalg.norm(rest)
        if length <= 1e-9 * np.linalg.norm(column) or length == 0:
            aliased.append(name)
        else:
            basis = np.column_stack([basis, rest / length])
    return aliased


def fit(cells, model):
    """Fit one model of Table 5.1.

    Parameters
    ----------
    cells : DataFrame
        See `design`. Sorted here by municipality and year.
    model : {1, 2, 3}

    Returns
    -------
    ordinary, clustered : statsmodels RegressionResults
        With standard errors for independent observations, and clustered by municipality (None for one
        municipality).

    Raises
    ------
    ValueError
        A column is missing, there are too few rows, or a column is a combination of others.
    """
    X = design(cells, model)
    order = cells.sort_values(["municipality_code", "year"], kind="stable").index
    X, cells = X.loc[order], cells.loc[order]
    if len(X) <= X.shape[1]:
        raise ValueError(
            f"cost-need model {model} has {X.shape[1]} terms but only {len(X)} municipality-years; "
            "it needs more rows"
        )
    aliased = _aliased(X)
    if aliased:
        raise ValueError(
            f"cost-need model {model} cannot be estimated: {', '.join(aliased)} "
            f"{'is' if len(aliased) == 1 else 'are'} a combination of the other terms over the {len(X)} rows"
        )
    ordinary = sm.OLS(cells[OUTCOME].astype(float), X).fit()
    groups = pd.factorize(cells["municipality_code"])[0]
    if groups.max() == 0:
        return ordinary, None
    return ordinary, ordinary.get_robustcov_results("cluster", groups=groups)


def coefficients(cells):
    """Rows of expenditure.cost_need_coefficients: one per model and term, in the order of Table 5.1.

    `standard_error`, `t_value` and `p_value` are those of independent observations (Student's t), as printed.
    """
    parts = []
    for model in MODELS if len(cells) else ():
        ordinary, clustered = fit(cells, model)
        parts.append(
            pd.DataFrame(
                {
                    "model": model,
                    "term": ordinary.params.index,
                    "coefficient_dkk": ordinary.params.to_numpy(),
                    "standard_error": ordinary.bse.to_numpy(),
                    "t_value": ordinary.tvalues.to_numpy(),
                    "p_value": ordinary.pvalues.to_numpy(),
                    "clustered_standard_error": np.nan if clustered is None else clustered.bse,
                }
            )
        )
    frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame({c: [] for c in _COEFFICIENTS})
    return frame.astype(_COEFFICIENTS)


def fits(cells):
    """Rows of expenditure.cost_need_fit; the model degrees of freedom leave out the constant."""
    rows = []
    for model in MODELS if len(cells) else ():
        ordinary, _ = fit(cells, model)
        rows.append(
            {
                "model": model,
                "observations": int(ordinary.nobs),
                "r_squared": ordinary.rsquared,
                "model_degrees_of_freedom": int(ordinary.df_model),
                "residual_standard_error_dkk": float(np.sqrt(ordinary.mse_resid)),
                "municipalities": cells["municipality_code"].nunique(),
            }
        )
    return pd.DataFrame(rows, columns=list(_FIT)).astype(_FIT)


def indicators(cells, municipalities):
    """Expenditure indicators: mean over years of actual over expected expenditure, model 3.

    Parameters
    ----------
    cells : DataFrame
        See `design`; all of them enter the model.
    municipalities : DataFrame
        Its municipality_code says whose indicators are wanted.

    Returns
    -------
    DataFrame
        municipality_code, years, means over the years of actual and of expected expenditure (DKK per
        full-year person) and of their ratio, and the standard error of that mean over the years (missing with
        one). A year in which the model expects nothing, or less, is left out; municipalities without any year
        have no row.

    Notes
    -----
    As expenditure.expenditure_indicators, which SQL computes for the main analysis.
    """
    if not len(cells):
        return pd.DataFrame({c: [] for c in _INDICATORS}).astype(_INDICATORS)
    ordinary, _ = fit(cells, 3)
    wanted = set(municipalities["municipality_code"].astype(str))
    rows = cells.loc[ordinary.fittedvalues.index, ["municipality_code", OUTCOME]].assign(
        expected_dkk=ordinary.fittedvalues
    )
    rows = rows[rows["municipality_code"].astype(str).isin(wanted) & (rows["expected_dkk"] > 0)]
    rows["expenditure_indicator"] = rows[OUTCOME] / rows["expected_dkk"]
    groups = rows.groupby("municipality_code")
    out = groups[[OUTCOME, "expected_dkk", "expenditure_indicator"]].mean()
    out["years"] = groups.size()
    out["standard_error"] = groups["expenditure_indicator"].std() / np.sqrt(out["years"])
    return out.reset_index()[list(_INDICATORS)].astype(_INDICATORS)
