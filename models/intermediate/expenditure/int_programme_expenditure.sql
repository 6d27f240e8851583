with

accounts as (

    select * from {{ ref('stg_statbank__accounts_by_grouping') }}

),

account_groupings as (

    select * from {{ ref('account_groupings') }}

),

price_index as (

    select
        year,
        {{ price_index_column() }} as index_2015_100
    from {{ ref('price_index') }}

),

-- a grouping counts on its own line or, as wage subsidy on 5.46.61 from 2016 on, on the line that
-- it took over; benefits and whatever else 5.46.61 holds are no expenditure of the programme
counted as (

    select
        accounts.municipality_code,
        accounts.year,
        account_groupings.counts_as as grouping,
        account_groupings.scope,
        accounts.art,
        accounts.amount_dkk
    from accounts
    inner join account_groupings
        on
            accounts.function_code = account_groupings.function_code
            and accounts.grouping = account_groupings.grouping
            and {{ is_valid_on('account_groupings', day_of_year('accounts.year', 1, 1)) }}
    where
        accounts.dranst = '1'
        and accounts.art in ('UE', '77')
        and accounts.year between {{ var('first_expenditure_year') }}
        and {{ var('last_expenditure_year') }}
        and (
            accounts.function_code = '{{ programme_function() }}'
            or account_groupings.scope = 'programme'
        )

),

-- levels of art overlap: gross expenditure is one level, payments from municipalities (7.7) a
-- detail of another, income
amounts as (

    select
        municipality_code,
        year,
        grouping,
        scope,
        cast(sum(case when art = 'UE' then amount_dkk else 0 end) as bigint) as gross_current_dkk,
        cast(sum(case when art = '77' then amount_dkk else 0 end) as bigint) as payments_current_dkk
    from counted
    group by municipality_code, year, grouping, scope

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
        amounts.scope,
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
        municipality_code,
        year,
        grouping,
        scope,
        gross_dkk,
        payments_from_municipalities_dkk,
        gross_dkk + payments_from_municipalities_dkk as net_of_payments_dkk
    from deflated

)

select * from final
order by
    municipality_code,
    year,
    grouping
