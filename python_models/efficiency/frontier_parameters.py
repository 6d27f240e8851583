"""Parameters of the stochastic frontiers (report, appendix 4)."""

from vfm.statistics import frontier


def model(dbt, session):
    """Return one row per side, distribution and term."""
    municipalities = dbt.ref("int_efficiency_input").order("municipality_code").df()
    return frontier.parameters_table(municipalities)
