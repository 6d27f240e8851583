"""Baseline survival of the Cox models by sex and week (report, appendix 3)."""

from vfm.statistics import cox


def model(dbt, session):
    """Return one row per sex and week."""
    ties = dbt.config.get("ties")
    window_weeks = dbt.config.get("window_weeks")
    spells = cox.read(dbt.ref("int_cox_input"))
    return cox.baseline_by_sex(spells, ties=ties, window_weeks=window_weeks)
