"""Cox coefficients by sex (report, appendix 3 and appendix table 6.1)."""

from vfm.statistics import cox


def model(dbt, session):
    """Return one row per sex and covariate."""
    ties = dbt.config.get("ties")
    spells = cox.read(dbt.ref("int_cox_input"))
    return cox.coefficients_by_sex(spells, ties=ties)
