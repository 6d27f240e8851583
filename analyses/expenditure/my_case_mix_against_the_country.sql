-- How do the persons in my municipality's programme differ from the country's, in its last year?
-- The country is all persons under the programme. A share that would tell of few persons is
-- withheld, and the last column says why.
select
    replace(substr(own.term, 7), '_', ' ') as persons,
    cast(100 * own.share as integer) as my_percent,
    cast(100 * own.national_share as integer) as country_percent,
    own.withheld_reason
from report.municipal_groups as own
inner join report.figure_3_1 as map
    on own.municipality_code = map.municipality_code
where map.municipality_name = 'Middelfart'  -- put yours here
order by own.national_share desc
