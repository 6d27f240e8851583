"""Which shares of the composition may be published (docs/disclosure.md)."""

from vfm.privacy import compositions


def model(dbt, session):
    """Return one row per place, year and share."""
    limit = dbt.config.get("disclosure_limit")
    groups = dbt.ref("int_composition_groups").order("municipality_code, year, term").df()
    coefficients = dbt.ref("int_cost_need_coefficients").filter("model = 3").order("term").df()
    expectations = dbt.ref("int_expenditure_need").order("municipality_code, year").df()
    return compositions.withheld_shares(groups, coefficients, expectations, disclosure_limit=limit)
