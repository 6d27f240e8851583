"""How well the Cox models order the spells (report, appendix 3)."""

from vfm.statistics import curves


def model(dbt, session):
    """Return one row per sex."""
    limit = dbt.config.get("disclosure_limit")
    columns = "spell_id, person_id, sex, duration_weeks, is_success"
    spells = dbt.ref("int_spells").select(columns).order("spell_id").df()
    predictors = dbt.ref("int_linear_predictors").order("spell_id").df()
    return curves.concordance_table(spells, predictors, disclosure_limit=limit)
