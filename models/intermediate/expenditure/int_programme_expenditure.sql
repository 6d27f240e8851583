with

accounts as (

    select * from {{ ref('stg_statbank__accounts_by_grouping') }}

),

account_groupings as (

    select * from {{ ref('account_groupings') }}

),

price_index as (

    select * from {{ ref('price_index') }}

),

-- levels of art overlap: gross expenditure is one level, payments from municipalities (7.7) a
-- detail of another, income
amounts as (

    select
        municipality_code,
        year,
        grouping,
        cast(sum(case when art = 'UE' then amount_dkk else 0 end) as bigint) as gross_current_dkk,
        cast(sum(case when art = '77' then amount_dkk else 0 end) as bigint) as payments_current_dkk
    from accounts
    where
        function_code = '54660'
        and dranst = '1'
        and art in ('UE', '77')
        and year between {{ var('first_expenditure_year') }} and {{ var('last_expenditure_year') }}
    group by municipality_code, year, grouping

),

price_year as (

    select index_2015_100 as price_year_index from price_index
    where year = {{ var('price_year') }}

),

deflated as (

    select
        amounts.municipality_code,
        amounts.year,
        amounts.grouping,
        amounts.gross_current_dkk
        * price_year.price_year_index / price_index.index_2015_100 as gross_dkk,
        amounts.payments_current_dkk
        * price_year.price_year_index / price_index.index_2015_100
            as payments_from_municipalities_dkk
    from amounts
    inner join price_index
        on amounts.year = price_index.year
    cross join price_year

),

-- income is negative in the accounts, so adding the payments takes them off
final as (

    select
        deflated.municipality_code,
        deflated.year,
        deflated.grouping,
        account_groupings.scope,
        deflated.gross_dkk,
        deflated.payments_from_municipalities_dkk,
        deflated.gross_dkk + deflated.payments_from_municipalities_dkk as net_of_payments_dkk
    from deflated
    inner join account_groupings
        on deflated.grouping = account_groupings.grouping

)

select * from final
order by
    municipality_code,
    year,
    grouping
