"""What other assumptions would change (report, note 8 and section 2.1.3.1; DECISIONS.md)."""

from vfm.warehouse import alternatives


def model(dbt, session):
    """Return one row per alternative and indicator; none before make sensitivity."""
    build_info = dbt.ref("build_info").df()
    benchmark = dbt.ref("int_benchmark_indicators").order("municipality_code").df()
    expenditure = dbt.ref("int_expenditure_indicators").order("municipality_code").df()
    expenditure = expenditure.rename(columns={"report_position": "position"})
    return alternatives.comparison(build_info, benchmark, expenditure)
