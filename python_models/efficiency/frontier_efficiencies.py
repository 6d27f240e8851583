"""Inefficiency and rank of each municipality (report, section 5.2 and Figure 5.3)."""

from vfm.statistics import frontier


def model(dbt, session):
    """Return one row per side, distribution and municipality."""
    municipalities = dbt.ref("int_efficiency_input").order("municipality_code").df()
    return frontier.efficiencies_table(municipalities)
