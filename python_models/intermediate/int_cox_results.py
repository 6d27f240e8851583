"""The Cox models, fitted once, and what follows from them (report, appendix 3 and note 13)."""

from vfm.statistics import cox, indicator


def model(dbt, session):
    """Return the rows of several tables in one, distinguished by `result`."""
    ties = dbt.config.get("ties")
    window_weeks = dbt.config.get("window_weeks")
    spells = cox.read(dbt.ref("int_cox_input"))
    return indicator.cox_results(spells, window_weeks=window_weeks, ties=ties)
