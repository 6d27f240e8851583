"""Benchmark indicators of every bootstrap replicate (report, note 13)."""

from vfm.statistics import bootstrap, cox


def model(dbt, session):
    """Return one row per replicate and benchmarked municipality."""
    replicates = dbt.config.get("replicates")
    seed = dbt.config.get("seed")
    window_weeks = dbt.config.get("window_weeks")
    spells = cox.read(dbt.ref("int_cox_input"))
    return bootstrap.indicators_table(spells, replicates, seed, window_weeks=window_weeks)
