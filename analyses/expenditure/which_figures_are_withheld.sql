-- For which municipalities and years is the cost per person withheld?
-- Where fewer persons than the disclosure limit were in the programme, their number and the cost
-- per person are not published, nor those of the cell that would give them away. The expenditure
-- itself is public.
select
    map.municipality_name,
    costs.year,
    round(costs.expenditure_dkk) as expenditure_dkk,
    round(costs.full_year_persons) as full_year_persons,
    round(costs.expenditure_per_full_year_person_dkk) as dkk_per_full_year_person
from expenditure.expenditure_per_person as costs
inner join report.figure_3_1 as map
    on costs.municipality_code = map.municipality_code
where costs.full_year_persons is null
order by
    map.municipality_name,
    costs.year
