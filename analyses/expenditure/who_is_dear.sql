-- Which groups of participants go with a higher expenditure, and against whom?
-- Model 3 of the cost-need models: kroner per full-year person when a share rises from nobody
-- to all. A country is compared with the rest of its region. A t-value within 2 either way is
-- within the margin of error.
select
    terms.label_en as term,
    coalesce(reference.label_en, 'all others') as against,
    round(effects.coefficient, -2) as dkk_per_full_year_person,
    round(effects.t_value, 1) as t_value
from expenditure.cost_need_coefficients as effects
inner join meta.terms as terms
    on
        effects.term = terms.term
        and terms.model = 'cost_need'
left join meta.terms as reference
    on
        terms.reference = reference.term
        and reference.model = 'cost_need'
where
    effects.model = 3
    and effects.term like 'share_%'
order by effects.coefficient desc
