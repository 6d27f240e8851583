"""Coefficients of the cost-need models with groupings 001-009 alone (report, note 17)."""

from vfm.statistics import cost_need


def model(dbt, session):
    """Return one row per model and term."""
    cells = dbt.ref("int_supplementary_cost_need_input").order("municipality_code, year").df()
    return cost_need.coefficients(cells)
