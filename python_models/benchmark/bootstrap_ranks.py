"""How ranks and indicators scatter over bootstrap replicates (report, note 9)."""

from vfm.statistics import bootstrap


def model(dbt, session):
    """Return one row per benchmarked municipality."""
    draws = dbt.ref("int_bootstrap_indicators").order("replicate, municipality_code").df()
    return bootstrap.rank_intervals(draws)
