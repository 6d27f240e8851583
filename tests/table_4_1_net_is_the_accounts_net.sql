-- Gross expenditure, payments, refunds and other income of Table 4.1 must leave the net operating
-- expenditure that the accounts state themselves (art TOT): otherwise a level of art is counted
-- twice or left out.
with

accounts as (

    select
        accounts.year,
        cast(sum(accounts.amount_dkk) as bigint)
        * max(price_year.index_2015_100) / max(price_index.index_2015_100) as net_dkk,
        cast(count(*) as bigint) as accounts_rows
    from {{ ref('stg_statbank__accounts_by_function') }} as accounts
    inner join {{ ref('price_index') }} as price_index
        on accounts.year = price_index.year
    inner join {{ ref('price_index') }} as price_year
        on price_year.year = {{ var('price_year') }}
    where
        accounts.function_code = '54660'
        and accounts.dranst in ('1', '2')
        and accounts.art = 'TOT'
        and accounts.year >= {{ var('first_expenditure_year') }}
        and accounts.year <= {{ var('last_expenditure_year') }}
    group by accounts.year

),

net as (

    select * from {{ ref('national_expenditure') }}
    where line = 'net'

)

-- every cell of the accounts is rounded to whole thousands by itself
select
    coalesce(accounts.year, net.year) as year,
    accounts.net_dkk,
    net.amount_dkk
from accounts
full outer join net
    on accounts.year = net.year
where not coalesce(abs(accounts.net_dkk - net.amount_dkk) <= 2000 * accounts.accounts_rows, false)
