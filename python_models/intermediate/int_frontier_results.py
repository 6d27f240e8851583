"""The stochastic frontiers, fitted once, and what follows from them (report, section 5.2)."""

from vfm.statistics import frontier


def model(dbt, session):
    """Return the rows of several tables in one, distinguished by `result`."""
    draws = dbt.config.get("draws")
    seed = dbt.config.get("seed")
    municipalities = dbt.ref("int_efficiency_input").order("municipality_code").df()
    indicator_draws = dbt.ref("int_indicator_draws").order("draw, municipality_code").df()
    return frontier.frontier_results(municipalities, indicator_draws, draws=draws, seed=seed)
