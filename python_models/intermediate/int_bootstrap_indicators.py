"""Benchmark indicators of every bootstrap replicate (report, note 13)."""

from vfm.statistics import bootstrap, cox


def model(dbt, session):
    """Return one row per replicate and benchmarked municipality."""
    replicates = dbt.config.get("replicates")
    seed = dbt.config.get("seed")
    window_weeks = dbt.config.get("window_weeks")
    spells = cox.read(dbt.ref("int_cox_input"))
    results = dbt.ref("int_cox_results").order("sex, term, other_term").df()
    return bootstrap.replicates_table(spells, results, replicates, seed, window_weeks=window_weeks)
