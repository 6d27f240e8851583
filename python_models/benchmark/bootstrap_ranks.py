"""How ranks and indicators scatter over bootstrap replicates (report, note 9)."""

from vfm.statistics import bootstrap, frames


def model(dbt, session):
    """Return one row per benchmarked municipality."""
    draws = dbt.ref("int_bootstrap_indicators").order("replicate, municipality_code").df()
    found = bootstrap.rank_intervals(draws)
    return frames.with_names(found, dbt.ref("municipalities").df())
