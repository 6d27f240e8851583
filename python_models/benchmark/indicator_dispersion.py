"""How much the benchmark indicators differ beyond chance (report, chapter 3)."""

from vfm.statistics import comparing


def model(dbt, session):
    """Return one row."""
    winsorised_share = dbt.config.get("winsorised_share")
    indicators = dbt.ref("int_indicator_uncertainty").order("municipality_code").df()
    return comparing.dispersion_table(indicators, winsorised_share=winsorised_share)
