"""Benchmark indicator on expenditure indicator, both with their errors (report, Figure 5.1)."""

from vfm.statistics import second_stage


def model(dbt, session):
    """Return one row per sample, form, term and estimator."""
    outlier = dbt.config.get("outlier")
    seed = dbt.config.get("seed")
    municipalities = dbt.ref("int_efficiency_input").order("municipality_code").df()
    draws = dbt.ref("int_indicator_draws").order("draw, municipality_code").df()
    return second_stage.joint_regressions(municipalities, draws, outlier=outlier, seed=seed)
