"""Coefficients of the cost-need models (report, Table 5.1)."""

from vfm.statistics import cost_need


def model(dbt, session):
    """Return one row per model and term."""
    cells = dbt.ref("int_cost_need_input").order("municipality_code, year").df()
    return cost_need.coefficients(cells)
