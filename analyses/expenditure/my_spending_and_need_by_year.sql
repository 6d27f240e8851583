-- What did my municipality spend per person, and what would its persons be expected to cost?
-- The expectation is cost-need model 3 (Table 5.1). An indicator above 1 is more than expected.
-- Years with 50 persons or fewer are not in the model.
select
    need.year,
    persons.persons,
    round(need.actual_dkk) as actual_dkk,
    round(need.expected_dkk) as expected_dkk,
    round(need.expenditure_indicator, 2) as expenditure_indicator
from expenditure.expenditure_need as need
inner join report.figure_3_1 as map
    on need.municipality_code = map.municipality_code
inner join expenditure.programme_persons as persons
    on
        need.municipality_code = persons.municipality_code
        and need.year = persons.year
where map.municipality_name = 'Odense'  -- put yours here
order by need.year
