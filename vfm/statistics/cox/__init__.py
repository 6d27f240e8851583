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

from vfm.statistics.covariates import Packed, blocks_of, packed, packed_column, rows_of
from vfm.statistics.cox.model import CoxResult, SortedRows, fit, product_limit, proportional_hazards_test
from vfm.statistics.cox.names import COLLINEAR, CONSTANT, ESTIMATED, ID_COLUMNS, INFINITE, TIES
from vfm.statistics.cox.newton import ConvergenceError
from vfm.statistics.cox.tables import (
    Estimate,
    Fit,
    baseline_table,
    by_sex,
    coefficients_table,
    covariance_table,
    estimates_by_sex,
    hazard_tests_table,
    in_order,
    read,
    terms_of,
)
from vfm.statistics.risk_sets import RiskSets, grouped

__all__ = [
    "COLLINEAR",
    "CONSTANT",
    "ESTIMATED",
    "ID_COLUMNS",
    "INFINITE",
    "TIES",
    "ConvergenceError",
    "CoxResult",
    "Estimate",
    "Fit",
    "Packed",
    "RiskSets",
    "SortedRows",
    "baseline_table",
    "blocks_of",
    "by_sex",
    "coefficients_table",
    "covariance_table",
    "estimates_by_sex",
    "fit",
    "grouped",
    "hazard_tests_table",
    "in_order",
    "packed",
    "packed_column",
    "product_limit",
    "proportional_hazards_test",
    "read",
    "rows_of",
    "terms_of",
]
