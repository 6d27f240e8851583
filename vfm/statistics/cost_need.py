"""What a municipality's programme should cost: expenditure on the composition of its participants.

Notes
-----
Report, section 5.1 and Table 5.1 (models 1-3). One observation is a municipality and year. The report's
t-values are those of independent observations; `clustered_standard_error` beside them allows for a
municipality's years being alike (Liang & Zeger 1986, with statsmodels' small-sample factor G / (G - 1) x (n -
1) / (n - k)).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
from statsmodels.regression.linear_model import OLS, RegressionResults

from vfm.statistics.arguments import (
    ANY,
    SHARE,
    ByKey,
    InputError,
    Labels,
    Names,
    Numbers,
    OneOf,
    Result,
    Table,
    Together,
    accepts,
)
from vfm.statistics.frames import stacked, typed

OUTCOME = "expenditure_per_full_year_person_dkk"

MODELS = (1, 2, 3)  # of Table 5.1

#: The municipality-years of the models (intermediate.int_cost_need_input).
CELLS = Table(
    {"municipality_code": Labels(), "year": Numbers("whole years", whole=True), OUTCOME: ANY},
    key=("municipality_code", "year"),
    shares=True,
)
_ROWS = replace(CELLS, key=())
_TERMS = Table(
    {
        "position": Numbers("whole numbers", whole=True),
        "term": Labels(),
        "in_model": Numbers("a number of a model, or missing", gaps=True),
    },
    key=("term",),
)
_MODEL = OneOf(MODELS)
_FITTED = ("params", "bse", "fittedvalues")
_FITS = ByKey(Together((Result(_FITTED, "fit"), Result(_FITTED, "fit", optional=True))), "fit_all")

#: A model with ordinary errors, and with clustered ones (None for one municipality).
Fit = tuple[RegressionResults, RegressionResults | None]

_COEFFICIENTS = {
    "model": "int64",
    "position": "int64",
    "term": object,
    "coefficient_dkk": float,
    "standard_error": float,
    "t_value": float,
    "p_value": float,
    "clustered_standard_error": float,
    "clustered_p_value": float,
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
#: Columns of intermediate.int_cost_need_results after `result`.
_RESULTS = {
    "analysis": "string",
    "model": "Int64",
    "position": "Int64",
    "term": "string",
    "municipality_code": "string",
    "coefficient_dkk": float,
    "standard_error": float,
    "t_value": float,
    "p_value": float,
    "clustered_standard_error": float,
    "clustered_p_value": float,
    "observations": "Int64",
    "r_squared": float,
    "model_degrees_of_freedom": "Int64",
    "residual_standard_error_dkk": float,
    "municipalities": "Int64",
    "years": "Int64",
    "expenditure_per_full_year_person_dkk": float,
    "expected_dkk": float,
    "expenditure_indicator": float,
}


@accepts(composition_terms=_TERMS, model=_MODEL)
def shares_of(composition_terms: pd.DataFrame, model: int) -> list[str]:
    """Shares that a model of Table 5.1 uses, in the order of the table.

    Parameters
    ----------
    composition_terms : DataFrame
        intermediate.int_composition_terms: position, term, in_model.
    model : {1, 2, 3}

    Returns
    -------
    list of str
    """
    used = composition_terms[composition_terms["in_model"] <= model]
    return used.sort_values("position")["term"].tolist()


@accepts(cells=_ROWS, shares=Names())
def design(cells: pd.DataFrame, shares: list[str]) -> pd.DataFrame:
    """Covariates of one model: composition, year dummies (reference: the first year), constant.

    Parameters
    ----------
    cells : DataFrame
        intermediate.int_cost_need_input: one row per municipality and year, with `year` and the shares.
    shares : list of str
        See `shares_of`.

    Returns
    -------
    DataFrame
        One column per term of Table 5.1, in its order.

    Raises
    ------
    ValueError
        If a column is missing, or holds missing or infinite values.
    """
    missing = [c for c in shares if c not in cells.columns]
    if missing:
        raise InputError(f"cells lacks column {', '.join(missing)}: add it, or take it from the shares")
    cells = Table({share: SHARE for share in shares}).checked("cells", cells)
    X = cells[shares].astype(float)
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


@accepts(cells=_ROWS, model=_MODEL, shares=Names())
def fit(cells: pd.DataFrame, model: int, shares: list[str]) -> Fit:
    """Fit one model of Table 5.1.

    Parameters
    ----------
    cells : DataFrame
        See `design`. Sorted here by municipality and year.
    model : {1, 2, 3}
        Named in messages.
    shares : list of str
        See `shares_of`.

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
    X = design(cells, shares)
    order = cells.sort_values(["municipality_code", "year"], kind="stable").index
    X, cells = X.loc[order], cells.loc[order]
    if len(X) <= X.shape[1]:
        raise InputError(
            f"cost-need model {model} has {X.shape[1]} terms but only {len(X)} municipality-years; "
            "it needs more rows"
        )
    aliased = _aliased(X)
    if aliased:
        raise InputError(
            f"cost-need model {model} cannot be estimated: {', '.join(aliased)} "
            f"{'is' if len(aliased) == 1 else 'are'} a combination of the other terms over the {len(X)} rows"
        )
    ordinary = OLS(cells[OUTCOME].astype(float), X).fit()
    groups = pd.factorize(cells["municipality_code"])[0]
    if groups.max() == 0:
        return ordinary, None
    return ordinary, ordinary.get_robustcov_results("cluster", groups=groups)


@accepts(main=CELLS, supplementary=CELLS, composition_terms=_TERMS)
def cost_need_results(
    main: pd.DataFrame, supplementary: pd.DataFrame, composition_terms: pd.DataFrame
) -> pd.DataFrame:
    """Rows of intermediate.int_cost_need_results: each model fitted once, and what follows from it.

    Parameters
    ----------
    main, supplementary : DataFrame
        intermediate.int_cost_need_input and int_supplementary_cost_need_input: see `design`.
    composition_terms : DataFrame
        See `shares_of`.

    Returns
    -------
    DataFrame
        By `analysis`, 'main' and 'supplementary', and by `result`: 'coefficients' (`cost_need_coefficients`),
        'fit' (`cost_need_fits`) and 'indicators' (`indicators_table`, of model 3). No rows in, no rows out.
    """
    parts = []
    for analysis, cells in (("main", main), ("supplementary", supplementary)):
        fits = fit_all(cells, composition_terms) if len(cells) else {}
        tables = {
            "coefficients": cost_need_coefficients(fits),
            "fit": cost_need_fits(fits, cells),
            "indicators": indicators_table(fits, cells),
        }
        tables = {name: table.assign(analysis=analysis) for name, table in tables.items()}
        parts.append(stacked(tables, _RESULTS))
    return pd.concat(parts, ignore_index=True)


@accepts(cells=_ROWS, composition_terms=_TERMS)
def fit_all(cells: pd.DataFrame, composition_terms: pd.DataFrame) -> dict[int, Fit]:
    """Fit the models of Table 5.1.

    Parameters
    ----------
    cells : DataFrame
        See `design`.
    composition_terms : DataFrame
        See `shares_of`.

    Returns
    -------
    dict of int to (ordinary, clustered)
        Each model as `fit` returns it.
    """
    return {model: fit(cells, model, shares_of(composition_terms, model)) for model in MODELS}


@accepts(fits=_FITS)
def cost_need_coefficients(fits: dict[int, Fit]) -> pd.DataFrame:
    """Rows of expenditure.cost_need_coefficients: one per model and term, in the order of Table 5.1.

    Parameters
    ----------
    fits : dict of int to (ordinary, clustered)
        See `fit_all`.

    Returns
    -------
    DataFrame
        `position` is the place in that order; `standard_error`, `t_value` and `p_value` are those of
        independent observations (Student's t), as printed. `clustered_p_value` takes the clustered error,
        with as many degrees of freedom as there are municipalities less one.
    """
    parts = [
        {
            "model": model,
            "position": np.arange(1, len(ordinary.params) + 1),
            "term": ordinary.params.index,
            "coefficient_dkk": ordinary.params.to_numpy(),
            "standard_error": ordinary.bse.to_numpy(),
            "t_value": ordinary.tvalues.to_numpy(),
            "p_value": ordinary.pvalues.to_numpy(),
            "clustered_standard_error": np.nan if clustered is None else clustered.bse,
            "clustered_p_value": np.nan if clustered is None else clustered.pvalues,
        }
        for model, (ordinary, clustered) in fits.items()
    ]
    return typed(parts, _COEFFICIENTS)


@accepts(fits=_FITS, cells=_ROWS)
def cost_need_fits(fits: dict[int, Fit], cells: pd.DataFrame) -> pd.DataFrame:
    """Rows of expenditure.cost_need_fit; the model degrees of freedom leave out the constant.

    Parameters
    ----------
    fits
        As `cost_need_coefficients`.
    cells : DataFrame
        What was fitted: see `design`.

    Returns
    -------
    DataFrame
    """
    rows = [
        {
            "model": [model],
            "observations": int(ordinary.nobs),
            "r_squared": ordinary.rsquared,
            "model_degrees_of_freedom": int(ordinary.df_model),
            "residual_standard_error_dkk": float(np.sqrt(ordinary.mse_resid)),
            "municipalities": cells["municipality_code"].nunique(),
        }
        for model, (ordinary, _) in fits.items()
    ]
    return typed(rows, _FIT)


@accepts(fits=_FITS, cells=_ROWS)
def indicators_table(fits: dict[int, Fit], cells: pd.DataFrame) -> pd.DataFrame:
    """Expenditure indicators: mean over years of actual over expected expenditure, model 3.

    Parameters
    ----------
    fits, cells
        As `cost_need_fits`.

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
    if not fits:
        return typed([], _INDICATORS)
    if 3 not in fits:
        raise InputError(f"fits has no model 3, only {', '.join(map(str, fits))}: give what fit_all returns")
    fitted = fits[3][0].fittedvalues
    if len(fitted) != len(cells) or not fitted.index.isin(cells.index).all():
        raise InputError(
            f"cells has {len(cells)} rows and the fits {len(fitted)}, or others: give the cells that "
            "were fitted"
        )
    rows = cells.loc[fitted.index, ["municipality_code", OUTCOME]].assign(expected_dkk=fitted)
    rows = rows[rows["expected_dkk"] > 0]
    rows["expenditure_indicator"] = rows[OUTCOME] / rows["expected_dkk"]
    groups = rows.groupby("municipality_code")
    out = groups[[OUTCOME, "expected_dkk", "expenditure_indicator"]].mean()
    out["years"] = groups.size()
    out["standard_error"] = groups["expenditure_indicator"].std() / np.sqrt(out["years"])
    return typed([out.reset_index()], _INDICATORS)


@accepts(
    results=Table(
        {
            "analysis": Labels(),
            "result": Labels(),
            "model": Numbers("the number of a model, or missing", gaps=True),
            "position": Numbers("whole numbers, or missing", gaps=True),
            "term": Labels(gaps=True),
            "coefficient_dkk": Numbers(gaps=True),
        }
    ),
    analysis=OneOf(("main", "supplementary")),
)
def main_coefficients(results: pd.DataFrame, analysis: str = "main") -> pd.Series:
    """Coefficients of model 3, by term in the order of Table 5.1.

    Parameters
    ----------
    results : DataFrame
        intermediate.int_cost_need_results.
    analysis : {'main', 'supplementary'}

    Returns
    -------
    Series
    """
    own = (results["analysis"] == analysis) & (results["result"] == "coefficients")
    rows = results[own & (results["model"] == 3)].sort_values("position")
    return rows.set_index("term")["coefficient_dkk"].astype(float)
