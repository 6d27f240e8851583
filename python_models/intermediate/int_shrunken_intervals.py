"""Intervals of the shrunken indicators (report, chapter 3)."""

from vfm.statistics import shrinkage


def model(dbt, session):
    """Return one row per municipality of the benchmark with a standard error."""
    indicators = dbt.ref("int_indicator_uncertainty").order("municipality_code").df()
    return shrinkage.intervals_table(indicators)
