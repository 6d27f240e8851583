-- What do the regions spend the programme's money on?
-- Net expenditure of 2015 by grouping of the accounts, percent of the region's; groupings
-- below 1 percent everywhere are left out. From public accounts: nothing is withheld.
with

spent as (

    select
        places.region,
        groupings.label_en as spent_on,
        sum(accounts.net_of_payments_dkk) as dkk
    from expenditure.programme_expenditure as accounts
    inner join meta.municipalities as places
        on accounts.municipality_code = places.municipality_code
    inner join meta.groupings as groupings
        on accounts.grouping = groupings.grouping
    where
        accounts.year = 2015
        and groupings.scope = 'programme'
    group by places.region, groupings.label_en

),

shares as (

    select
        region,
        spent_on,
        100 * dkk / sum(dkk) over (partition by region) as percent
    from spent

)

select
    spent_on,
    round(max(percent) filter (where region = 'Hovedstaden')) as hovedstaden,
    round(max(percent) filter (where region = 'Sjælland')) as sjaelland,
    round(max(percent) filter (where region = 'Syddanmark')) as syddanmark,
    round(max(percent) filter (where region = 'Midtjylland')) as midtjylland,
    round(max(percent) filter (where region = 'Nordjylland')) as nordjylland
from shares
group by spent_on
having max(percent) >= 1
order by max(percent) desc
