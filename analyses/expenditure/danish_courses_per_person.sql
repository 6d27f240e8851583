-- How has the cost of Danish courses per person changed over time?
-- Groupings 010 (benefit recipients) and 011 (self-supporting) over the full-year persons of all 98
-- municipalities, in prices of the study's year. All three are per full-year person in the
-- programme, whichever course the person took.
select
    costs.year,
    round(
        1e6 * sum(costs.million_dkk) filter (where costs.grouping = '010')
        / any_value(persons.full_year_persons)
    ) as benefit_recipients_dkk,
    round(
        1e6 * sum(costs.million_dkk) filter (where costs.grouping = '011')
        / any_value(persons.full_year_persons)
    ) as self_supporting_dkk,
    round(
        1e6 * sum(costs.million_dkk) / any_value(persons.full_year_persons)
    ) as both_dkk,
    round(
        100 * sum(costs.million_dkk) / any_value(persons.million_dkk), 1
    ) as percent_of_programme
from report.table_4_2 as costs
inner join report.figure_4_1 as persons
    on costs.year = persons.year
where costs.grouping in ('010', '011')
group by costs.year
order by costs.year
