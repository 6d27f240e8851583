"""Expected durations under Efron's handling of ties, beside those of the report (appendix 3)."""

from vfm.statistics import cox, indicator


def model(dbt, session):
    """Return one row per benchmarked municipality."""
    window_weeks = dbt.config.get("window_weeks")
    spells = cox.read(dbt.ref("int_cox_input"))
    return indicator.efron_table(spells, window_weeks=window_weeks)
