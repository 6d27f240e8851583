"""Standard errors of the benchmark indicators, the whole calculation included (report, note 13)."""

from vfm.statistics import cox, indicator


def model(dbt, session):
    """Return one row per benchmarked municipality."""
    ties = dbt.config.get("ties")
    window_weeks = dbt.config.get("window_weeks")
    spells = cox.read(dbt.ref("int_cox_input"))
    return indicator.uncertainty_table(spells, window_weeks=window_weeks, ties=ties)
