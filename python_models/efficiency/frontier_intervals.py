"""How sure each municipality's distance from the frontier is (report, section 5.2 and Figure 5.3)."""

from vfm.statistics import frames, second_stage


def model(dbt, session):
    """Return one row per side and municipality."""
    seed = dbt.config.get("seed")
    municipalities = dbt.ref("int_efficiency_input").order("municipality_code").df()
    draws = dbt.ref("int_indicator_draws").order("draw, municipality_code").df()
    results = dbt.ref("int_frontier_results").order("result, side, municipality_code").df()
    found = second_stage.frontier_intervals(municipalities, draws, results, seed=seed)
    return frames.with_names(found, dbt.ref("municipalities").df())
