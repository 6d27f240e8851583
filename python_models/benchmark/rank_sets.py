"""Ranks each municipality may truly have (report, note 9)."""

from vfm.statistics import comparing, frames


def model(dbt, session):
    """Return one row per benchmarked municipality."""
    draws = dbt.config.get("draws")
    seed = dbt.config.get("seed")
    indicators = dbt.ref("int_indicator_uncertainty").order("municipality_code").df()
    covariances = dbt.ref("int_indicator_covariance").order("municipality_code, other_municipality_code").df()
    found = comparing.rank_sets_table(indicators, covariances, draws=draws, seed=seed)
    return frames.with_names(found, dbt.ref("municipalities").df())
