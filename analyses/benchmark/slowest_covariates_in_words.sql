-- Which traits go with a later job, and against whom?
-- The ten lowest hazard ratios of women that are surely below 1, in words. A hazard ratio of
-- 0.5 halves the weekly chance of a job against the reference, the rest of the case mix being
-- equal.
select
    terms.label_en as trait,
    coalesce(reference.label_en, 'who has it not, or one less') as against,
    round(effects.hazard_ratio, 2) as hazard_ratio,
    round(exp(effects.ci_low), 2) as interval_from,
    round(exp(effects.ci_high), 2) as interval_to
from benchmark.cox_coefficients as effects
inner join meta.terms as terms
    on
        effects.term = terms.term
        and terms.model = 'cox'
left join meta.terms as reference
    on
        terms.reference = reference.term
        and reference.model = 'cox'
where
    effects.sex = 'women'
    and effects.ci_high < 0
order by effects.hazard_ratio
limit 10
