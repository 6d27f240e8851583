"""Draws of both indicators with their joint uncertainty (report, section 5.2)."""

from vfm.statistics import indicator_draws


def model(dbt, session):
    """Return one row per draw and municipality."""
    draws = dbt.config.get("draws")
    seed = dbt.config.get("seed")
    municipalities = dbt.ref("int_efficiency_input").order("municipality_code").df()
    covariances = dbt.ref("int_indicator_covariance").order("municipality_code, other_municipality_code").df()
    cells = dbt.ref("int_cost_need_input").order("municipality_code, year").df()
    results = dbt.ref("int_cost_need_results").order("analysis, result, model, position").df()
    return indicator_draws.draws_table(municipalities, covariances, cells, results, draws=draws, seed=seed)
