-- How do the persons in my municipality's programme differ from the country's?
-- The country is the mean over the municipalities whose share is given, weighted by full-year
-- persons. A share that rests on fewer persons than the disclosure limit is withheld, so that rare
-- groups come out a little high for the country.
with

shares as (

    unpivot expenditure.municipal_composition
    on columns('share_.*')
    into name share value value

),

country as (

    select
        shares.share,
        sum(shares.value * persons.full_year_persons) / sum(persons.full_year_persons) as value
    from shares
    inner join expenditure.programme_persons as persons
        on
            shares.municipality_code = persons.municipality_code
            and shares.year = persons.year
    where shares.year = 2015
    group by shares.share

),

mine as (

    select
        shares.share,
        shares.value
    from shares
    inner join report.figure_3_1 as map
        on shares.municipality_code = map.municipality_code
    where
        map.municipality_name = 'Middelfart'  -- put yours here
        and shares.year = 2015

)

select
    replace(substr(country.share, 7), '_', ' ') as persons,
    round(100 * mine.value, 1) as my_percent,
    round(100 * country.value, 1) as country_percent
from country
left join mine
    on country.share = mine.share
order by country.value desc
