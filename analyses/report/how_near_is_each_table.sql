-- How near does each rebuilt table come to the printed one?
-- Cells within their tolerance, of all printed ones: those set aside, because the print contradicts
-- itself, and those without a rebuilt value count too. docs/reproduction.md has the reasons.
select
    report_item,
    cells,
    within_tolerance,
    set_aside,
    not_compared,
    round(100.0 * within_tolerance / cells, 1) as percent_within
from report.comparison_summary
order by
    percent_within,
    report_item
