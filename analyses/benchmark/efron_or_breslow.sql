-- Which effects in the Cox models change most when ties are treated after Efron?
-- Many spells end in the same week. The report does not say how it treated such ties; Breslow's is
-- the default here. A change is small against the standard error when it is well below 1.
select
    sex,
    term,
    round(breslow_coefficient, 3) as breslow,
    round(efron_coefficient, 3) as efron,
    round((efron_coefficient - breslow_coefficient) / efron_standard_error, 2)
        as change_in_standard_errors
from benchmark.cox_diagnostics
where efron_coefficient is not null and breslow_coefficient is not null
order by
    abs((efron_coefficient - breslow_coefficient) / efron_standard_error) desc,
    sex asc,
    term asc
limit 8
