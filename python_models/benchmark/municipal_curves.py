"""Each municipality's Kaplan-Meier curve beside the one the Cox models expect (report, appendix 3)."""

from vfm.statistics import curves, frames


def model(dbt, session):
    """Return one row per municipality of the benchmark and week."""
    window_weeks = dbt.config.get("window_weeks")
    disclosure_limit = dbt.config.get("disclosure_limit")
    columns = "spell_id, person_id, sex, municipality_code, duration_weeks, is_success"
    spells = dbt.ref("int_spells").select(columns).order("spell_id").df()
    predictors = dbt.ref("int_linear_predictors").order("spell_id").df()
    baseline = dbt.ref("cox_baseline").order("sex, week").df()
    found = curves.municipal_curves(
        spells, predictors, baseline, window_weeks=window_weeks, disclosure_limit=disclosure_limit
    )
    return frames.with_names(found, dbt.ref("municipalities").df())
