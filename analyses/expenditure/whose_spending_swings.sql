-- Whose spending swings most from year to year, and how large are they?
-- The largest over the smallest expenditure per full-year person in 2011-2015, of
-- municipalities with every year in the cost-need model. A large swing is more often a matter
-- of booking or of few persons than of policy: look at the years before you look at a mean.
select
    need.municipality_name,
    results.spells,
    round(min(need.expenditure_per_full_year_person_dkk), -3) as lowest_dkk,
    round(max(need.expenditure_per_full_year_person_dkk), -3) as highest_dkk,
    round(
        max(need.expenditure_per_full_year_person_dkk)
        / min(need.expenditure_per_full_year_person_dkk),
        1
    ) as times,
    arg_max(need.year, need.expenditure_per_full_year_person_dkk) as dearest_year
from expenditure.expenditure_need as need
inner join benchmark.benchmark_indicators as results
    on need.municipality_code = results.municipality_code
group by need.municipality_name, results.spells
having count(*) = 5
order by times desc, need.municipality_name asc
limit 10
