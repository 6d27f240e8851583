"""Efron coefficients and tests of proportional hazards beside the Cox models (report, appendix 3)."""

from vfm.statistics import cox


def model(dbt, session):
    """Return one row per sex and covariate."""
    spells = cox.read(dbt.ref("int_cox_input"))
    return cox.diagnostics_by_sex(spells)
