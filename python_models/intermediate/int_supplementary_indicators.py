"""Expenditure indicators of groupings 001-009 alone (report, note 17)."""

from vfm.statistics import cost_need


def model(dbt, session):
    """Return one row per municipality of the benchmark."""
    cells = dbt.ref("int_supplementary_cost_need_input").order("municipality_code, year").df()
    municipalities = dbt.ref("int_expenditure_indicators").order("municipality_code").df()
    return cost_need.indicators(cells, municipalities)
