"""National Kaplan-Meier curves by sex with their bands (report, section 2.1.3)."""

from vfm.statistics import curves


def model(dbt, session):
    """Return one row per sex and week."""
    window_weeks = dbt.config.get("window_weeks")
    disclosure_limit = dbt.config.get("disclosure_limit")
    columns = "spell_id, person_id, sex, duration_weeks, outcome"
    spells = dbt.ref("int_spells").select(columns).order("spell_id").df()
    return curves.survival_bands(spells, window_weeks=window_weeks, disclosure_limit=disclosure_limit)
