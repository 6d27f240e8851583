-- The split by grouping (REGK100) must add up to the function's total (REGK31) in every function,
-- municipality, year, dranst and level of art that the warehouse reads: the report cites REGK31 for
-- figures that only REGK100 can give. Each cell, of a grouping and an owner, is rounded to whole
-- thousands by itself, so half a thousand a cell, and half a thousand for the total, is what
-- rounding can explain; anything more is not the same account.
with

functions as (

    select distinct function_code from {{ ref('account_groupings') }}

),

by_grouping as (

    select
        accounts.municipality_code,
        accounts.function_code,
        accounts.dranst,
        accounts.art,
        accounts.year,
        cast(sum(accounts.amount_dkk) as bigint) as amount_dkk,
        cast(count(*) as bigint) as cells
    from {{ ref('stg_statbank__accounts_by_grouping') }} as accounts
    inner join functions
        on accounts.function_code = functions.function_code
    where accounts.art in ('TOT', 'UE', 'I', '77')
    group by
        accounts.municipality_code,
        accounts.function_code,
        accounts.dranst,
        accounts.art,
        accounts.year

),

by_function as (

    select accounts.*
    from {{ ref('stg_statbank__accounts_by_function') }} as accounts
    inner join functions
        on accounts.function_code = functions.function_code
    where accounts.art in ('TOT', 'UE', 'I', '77')

)

select
    coalesce(by_grouping.municipality_code, by_function.municipality_code) as municipality_code,
    coalesce(by_grouping.year, by_function.year) as year,
    coalesce(by_grouping.dranst, by_function.dranst) as dranst,
    coalesce(by_grouping.art, by_function.art) as art,
    by_grouping.amount_dkk as amount_by_grouping_dkk,
    by_function.amount_dkk as amount_by_function_dkk
from by_grouping
full outer join by_function
    on
        by_grouping.municipality_code = by_function.municipality_code
        and by_grouping.function_code = by_function.function_code
        and by_grouping.dranst = by_function.dranst
        and by_grouping.art = by_function.art
        and by_grouping.year = by_function.year
where
    abs(coalesce(by_grouping.amount_dkk, 0) - coalesce(by_function.amount_dkk, 0))
    > 500 * (coalesce(by_grouping.cells, 0) + 1)
