-- Where does my municipality stand in the report, and is that so with all uncertainty?
-- What the tables of the report say, rebuilt, beside what can be said when the error of the
-- expectation counts and at most 5 percent of all that are named stand apart by chance.
with

places as (

    select * from meta.municipalities
    where municipality_name = 'Odense'  -- put yours here

),

rows_of_the_report as (

    select
        1 as place,
        'Appendix table 5.1: observed weeks' as question,
        cast(durations.observed_mean_duration_weeks as varchar) as answer
    from places
    inner join report.appendix_table_5_1 as durations
        on places.municipality_code = durations.municipality_code
    union all
    select
        2 as place,
        'Figure 3.1: fifth by the result' as question,
        cast(map.quintile as varchar) as answer
    from places
    inner join report.figure_3_1 as map
        on places.municipality_code = map.municipality_code
    union all
    select
        3 as place,
        'Table 5.2: fifth by the expenditure' as question,
        cast(members.quintile as varchar) as answer
    from places
    inner join report.table_5_2_members as members
        on places.municipality_code = members.municipality_code
    union all
    select
        4 as place,
        'Figure 5.2: corner of the map' as question,
        corners.quadrant_en as answer
    from places
    inner join report.figure_5_2 as corners
        on places.municipality_code = corners.municipality_code
    union all
    select
        5 as place,
        'The result, at 5 % false discoveries' as question,
        results.position_fdr as answer
    from places
    inner join benchmark.benchmark_indicators as results
        on places.municipality_code = results.municipality_code
    union all
    select
        6 as place,
        'The expenditure, with its total error' as question,
        costs.position_fdr as answer
    from places
    inner join expenditure.expenditure_indicators as costs
        on places.municipality_code = costs.municipality_code

)

select
    question,
    answer
from rows_of_the_report
order by place
