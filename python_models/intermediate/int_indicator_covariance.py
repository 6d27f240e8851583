"""Covariances of the benchmark indicators (report, note 13)."""

from vfm.statistics import cox, indicator


def model(dbt, session):
    """Return one row per ordered pair of benchmarked municipalities."""
    ties = dbt.config.get("ties")
    window_weeks = dbt.config.get("window_weeks")
    spells = cox.read(dbt.ref("int_cox_input"))
    return indicator.covariance_table(spells, window_weeks=window_weeks, ties=ties)
