"""Benchmark indicator on expenditure indicator (report, Figure 5.1)."""

from vfm.statistics import regression


def model(dbt, session):
    """Return one row per sample, form and term."""
    outlier = dbt.config.get("outlier")
    municipalities = dbt.ref("int_efficiency_input").order("municipality_code").df()
    return regression.indicator_regressions(municipalities, outlier=outlier)
