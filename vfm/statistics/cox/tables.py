"""The model input by sex, and the tables of the warehouse that its Cox models fill."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import duckdb
import numpy as np
import pandas as pd
from scipy import special

from vfm.statistics.arguments import WINDOW, InputError, Labels, Names, Numbers, Result, Table, accepts
from vfm.statistics.covariates import packed_column
from vfm.statistics.cox.model import CoxResult, fit, proportional_hazards_test
from vfm.statistics.cox.names import ESTIMATED, FITS, ID_COLUMNS, INFINITE, ONE_OF_TIES, SPELLS
from vfm.statistics.cox.newton import ConvergenceError
from vfm.statistics.frames import typed
from vfm.statistics.normal import Z_975

_VECTORS = 32  # of 2,048 rows, that `read` takes from DuckDB at a time

#: A sex, its spells and the model fitted to them (`by_sex`).
Fit = tuple[str, pd.DataFrame, CoxResult]


@accepts(spells=SPELLS)
def terms_of(spells: pd.DataFrame) -> list[str]:
    """Covariate columns of a model input: every column after the id columns, in order.

    Raises
    ------
    ValueError
        If an id column is missing.
    """
    return [c for c in spells.columns if c not in ID_COLUMNS]


@accepts(relation=Result(("columns", "fetch_df_chunk"), "a query of DuckDB"))
def read(relation: duckdb.DuckDBPyRelation) -> pd.DataFrame:
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
        raise InputError(
            f"relation: person_id is missing in {int((person < 0).sum())} spells: leave them out"
        )
    columns["person_id"] = person.astype(np.int32)
    return pd.DataFrame(columns, copy=False)


@accepts(spells=Table({"spell_id": Labels()}, key=("spell_id",)))
def in_order(spells: pd.DataFrame) -> pd.DataFrame:
    """The spells by spell_id; the frame itself where they are in order already."""
    if spells["spell_id"].is_monotonic_increasing:
        return spells
    return spells.sort_values("spell_id", kind="stable")


@accepts(spells=SPELLS, ties=ONE_OF_TIES)
def by_sex(spells: pd.DataFrame, *, ties: str = "breslow") -> Iterator[Fit]:
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


@accepts(fits=FITS)
def coefficients_table(fits: Iterable[Fit]) -> pd.DataFrame:
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


@accepts(fits=FITS, window_weeks=WINDOW)
def baseline_table(fits: Iterable[Fit], window_weeks: int = 156) -> pd.DataFrame:
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
    weeks = np.arange(window_weeks + 1)
    parts = [
        {"sex": sex, "week": weeks, "survival": result.baseline_survival(weeks)} for sex, _, result in fits
    ]
    return typed(parts, _BASELINE)


@accepts(fits=FITS)
def hazard_tests_table(fits: Iterable[Fit]) -> pd.DataFrame:
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


_COEFFICIENT_ROWS = Table(
    {
        "sex": Labels(),
        "term": Labels(),
        "status": Labels(),
        "coefficient": Numbers(gaps=True),
        "mean": Numbers(gaps=True),
        "value_with_events": Numbers(gaps=True),
    },
    key=("sex", "term"),
)
_COVARIANCE_ROWS = Table(
    {"sex": Labels(), "term": Labels(), "other_term": Labels(), "covariance": Numbers()},
    key=("sex", "term", "other_term"),
)


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
    def estimated(self) -> np.ndarray:
        """(p,) bool array: columns with a coefficient."""
        return self.status == ESTIMATED


@accepts(fits=FITS)
def covariance_table(fits: Iterable[Fit]) -> pd.DataFrame:
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


@accepts(coefficients=_COEFFICIENT_ROWS, covariances=_COVARIANCE_ROWS, terms=Names())
def estimates_by_sex(
    coefficients: pd.DataFrame, covariances: pd.DataFrame, terms: list[str]
) -> dict[str, Estimate]:
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
        if lost := [term for term in terms if term not in set(rows["term"])]:
            raise InputError(
                f"coefficients lacks term {lost[0]} for sex {sex}: give those of these covariates"
            )
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
