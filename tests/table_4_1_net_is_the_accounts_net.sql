-- Gross expenditure, payments, refunds and other income of Table 4.1 must leave the net operating
-- expenditure that the accounts state themselves (art TOT): otherwise a level of art is counted
-- twice or left out.
-- Wage subsidy on 5.46.61 is on no line of 5.46.60's net and comes beside it.
with

amounts as (

    select
        year,
        amount_dkk
    from {{ ref('stg_statbank__accounts_by_function') }}
    where
        function_code = '{{ programme_function() }}'
        and dranst in ('1', '2')
        and art = 'TOT'

    union all

    select
        accounts.year,
        accounts.amount_dkk
    from {{ ref('stg_statbank__accounts_by_grouping') }} as accounts
    inner join {{ ref('account_groupings') }} as account_groupings
        on
            accounts.function_code = account_groupings.function_code
            and accounts.grouping = account_groupings.grouping
            and {{ is_valid_on('account_groupings', day_of_year('accounts.year', 1, 1)) }}
    where
        account_groupings.function_code <> '{{ programme_function() }}'
        and account_groupings.scope = 'programme'
        and accounts.dranst = '1'
        and accounts.art in ('UE', '77')

),

accounts as (

    select
        amounts.year,
        cast(sum(amounts.amount_dkk) as bigint)
        * max(price_year.{{ price_index_column() }})
        / max(price_index.{{ price_index_column() }}) as net_dkk,
        cast(count(*) as bigint) as accounts_rows
    from amounts
    inner join {{ ref('price_index') }} as price_index
        on amounts.year = price_index.year
    inner join {{ ref('price_index') }} as price_year
        on price_year.year = {{ var('price_year') }}
    where
        amounts.year >= {{ var('first_expenditure_year') }}
        and amounts.year <= {{ var('last_expenditure_year') }}
    group by amounts.year

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
