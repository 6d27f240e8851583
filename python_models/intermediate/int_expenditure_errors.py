"""The total error of the expenditure indicators (report, section 5.1 and note 17)."""

from vfm.statistics import expenditure_errors


def model(dbt, session):
    """Return one row per analysis and municipality with an indicator."""
    main = dbt.ref("int_cost_need_input").order("municipality_code, year").df()
    supplementary = dbt.ref("int_supplementary_cost_need_input").order("municipality_code, year").df()
    results = dbt.ref("int_cost_need_results").order("analysis, result, model, position").df()
    codes = dbt.ref("int_expenditure_indicators").order("municipality_code").df()
    others = dbt.ref("int_supplementary_indicators").order("municipality_code").df()
    draws, seed = dbt.config.get("draws"), dbt.config.get("seed")
    return expenditure_errors.total_errors_table(
        main, supplementary, results, codes, others, draws=draws, seed=seed
    )
