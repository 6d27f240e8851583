-- Who spends less than expected and does better than expected?
-- Only municipalities whose two 95 % intervals both exclude 1 have a place; for all others at least
-- one of the two is within the margin of error. The interval of the expenditure counts that the
-- expectation is estimated; the report's own, which does not, is behind the column quadrant.
with

verdicts as (

    select
        municipality_code,
        municipality_name,
        case total_quadrant
            when 'high_result_low_cost' then '1: better for less'
            when 'high_result_high_cost' then '2: better for more'
            when 'low_result_low_cost' then '3: worse for less'
            when 'low_result_high_cost' then '4: worse for more'
            else '5: within the margin of error'
        end as verdict
    from efficiency.efficiency_map

)

select
    verdict,
    count(*) as municipalities,
    case
        when verdict like '5%' then 'not to be told apart'
        else string_agg(municipality_name, ', ' order by municipality_code)
    end as names
from verdicts
group by verdict
order by verdict
