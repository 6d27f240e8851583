-- Which rebuilt numbers are farthest from the printed ones?
-- Distance is counted in tolerances: 1 is the farthest that still counts as agreement. Cells that
-- are set aside, because the print contradicts itself, are left out.
select
    report_item,
    cell,
    printf('%.4g', published) as printed,
    printf('%.4g', rebuilt) as rebuilt,
    printf('%.4g', tolerance) as tolerance,
    round(abs(difference) / tolerance, 1) as tolerances_off
from report.published_comparison
where
    not within_tolerance
    and not is_set_aside
    and rebuilt is not null
    and tolerance > 0
order by
    abs(difference) / tolerance desc,
    report_item asc,
    cell asc
limit 10
