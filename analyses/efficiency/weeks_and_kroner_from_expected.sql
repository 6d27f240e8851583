-- How many weeks and how many kroner is each municipality from what is expected?
-- The ten that are surely better than expected or surely worse, by the number of weeks. Kroner
-- are means over the years in the cost-need model, per full-year person. A position of around
-- is no difference.
with

kroner as (

    select
        municipality_code,
        avg(expenditure_per_full_year_person_dkk - expected_dkk) as dkk_above_expected
    from expenditure.expenditure_need
    group by municipality_code

)

select
    results.municipality_name,
    round(-results.absolute_difference_weeks, 1) as weeks_against_expected,
    results.position_fdr as result,
    round(kroner.dkk_above_expected, -3) as dkk_against_expected,
    costs.position_fdr as spending
from benchmark.benchmark_indicators as results
inner join expenditure.expenditure_indicators as costs
    on results.municipality_code = costs.municipality_code
inner join kroner
    on results.municipality_code = kroner.municipality_code
where results.position_fdr <> 'around'
order by abs(results.absolute_difference_weeks) desc
limit 10
