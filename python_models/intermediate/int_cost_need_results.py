"""The cost-need models, fitted once, and what follows from them (report, section 5.1 and note 17)."""

from vfm.statistics import cost_need


def model(dbt, session):
    """Return the rows of several tables in one, distinguished by `analysis` and `result`."""
    main = dbt.ref("int_cost_need_input").order("municipality_code, year").df()
    supplementary = dbt.ref("int_supplementary_cost_need_input").order("municipality_code, year").df()
    terms = dbt.ref("int_composition_terms").order("position").df()
    return cost_need.cost_need_results(main, supplementary, terms)
