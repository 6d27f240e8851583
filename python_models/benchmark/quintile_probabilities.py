"""How certain each municipality's quintile is (report, note 9)."""

from vfm.statistics import frames, shrinkage


def model(dbt, session):
    """Return five rows per benchmarked municipality."""
    draws = dbt.config.get("draws")
    seed = dbt.config.get("seed")
    indicators = dbt.ref("int_indicator_uncertainty").order("municipality_code").df()
    covariances = dbt.ref("int_indicator_covariance").order("municipality_code, other_municipality_code").df()
    found = shrinkage.quintile_probabilities(indicators, covariances, draws=draws, seed=seed)
    return frames.with_names(found, dbt.ref("municipalities").df())
