-- What goes with a sooner or a later job, with the rest of the case mix held fixed?
-- A hazard ratio of 0.5 means half the chance of a job in any week, against the reference level. It
-- is a correlation in the case mix, no effect of a programme. The six strongest for each sex.
select
    sex,
    term,
    round(hazard_ratio, 2) as hazard_ratio,
    round(exp(ci_low), 2) as interval_from,
    round(exp(ci_high), 2) as interval_to
from benchmark.cox_coefficients
where z is not null
qualify row_number() over (partition by sex order by abs(z) desc) <= 6
order by
    sex asc,
    abs(z) desc
