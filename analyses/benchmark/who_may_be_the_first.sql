-- How many municipalities cannot be told from the first?
-- A rank set holds the ranks that the data do not rule out, at 95 %. Look up one municipality that
-- you picked beforehand among those looked at alone; reading down the whole list, all sets have to
-- hold at once.
with

verdicts as (

    select
        municipality_name,
        rank,
        case
            when marginal_rank_low = 1 then 'may be the first, looked at alone'
            when simultaneous_rank_low = 1 then 'may be the first, all looked at at once'
            else 'rank 1 is ruled out'
        end as verdict
    from benchmark.municipal_profiles

)

select
    verdict,
    count(*) as municipalities,
    min(rank) as best_rank,
    max(rank) as worst_rank,
    case
        when verdict like 'may%' then string_agg(municipality_name, ', ' order by rank)
        else 'all others'
    end as names
from verdicts
group by verdict
order by min(rank)
