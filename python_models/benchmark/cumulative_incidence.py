"""How many find work, and how many leave before they do, week by week (report, section 2.1.3)."""

from vfm.statistics import curves


def model(dbt, session):
    """Return one row per sex, cause and week."""
    weeks = dbt.config.get("window_weeks")
    limit = dbt.config.get("disclosure_limit")
    columns = "spell_id, person_id, sex, duration_weeks, outcome"
    spells = dbt.ref("int_spells").select(columns).order("spell_id").df()
    return curves.cumulative_incidence_table(spells, window_weeks=weeks, disclosure_limit=limit)
