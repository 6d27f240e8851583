"""How certain each municipality's quintile is (report, note 9)."""

from vfm.statistics import bootstrap


def model(dbt, session):
    """Return five rows per benchmarked municipality."""
    draws = dbt.ref("int_bootstrap_indicators").order("replicate, municipality_code").df()
    return bootstrap.quintile_probabilities(draws)
