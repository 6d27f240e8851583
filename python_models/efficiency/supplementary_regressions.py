"""Benchmark indicator on the expenditure indicator of groupings 001-009 (report, note 17)."""

from vfm.statistics import regression


def model(dbt, session):
    """Return one row per sample, form and term."""
    outlier = dbt.config.get("outlier")
    municipalities = dbt.ref("int_supplementary_efficiency_input").order("municipality_code").df()
    return regression.indicator_regressions(municipalities, outlier=outlier)
