"""Likelihoods and tests of the stochastic frontiers (report, appendix 4)."""

from vfm.statistics import frontier


def model(dbt, session):
    """Return one row per side and distribution."""
    draws = dbt.config.get("draws")
    seed = dbt.config.get("seed")
    municipalities = dbt.ref("int_efficiency_input").order("municipality_code").df()
    return frontier.fit_table(municipalities, draws=draws, seed=seed)
