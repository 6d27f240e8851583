"""Frontiers that take each indicator's own standard error as known noise (report, section 5.2)."""

from vfm.statistics import frontier


def model(dbt, session):
    """Return one row per distribution and municipality."""
    municipalities = dbt.ref("int_efficiency_input").order("municipality_code").df()
    return frontier.known_noise_table(municipalities)
