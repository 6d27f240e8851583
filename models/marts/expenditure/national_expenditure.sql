with

programme_expenditure as (

    select * from {{ ref('int_programme_expenditure') }}

),

accounts as (

    select * from {{ ref('stg_statbank__accounts_by_function') }}

),

price_index as (

    select
        year,
        {{ price_index_column() }} as index_2015_100
    from {{ ref('price_index') }}

),

by_scope as (

    select
        scope,
        year,
        {{ exact_sum('gross_dkk') }} as gross,
        {{ exact_sum('payments_from_municipalities_dkk') }} as payments_from_municipalities
    from programme_expenditure
    group by scope, year

),

total as (

    select
        'total' as scope,
        year,
        {{ exact_sum('gross') }} as gross,
        {{ exact_sum('payments_from_municipalities') }} as payments_from_municipalities
    from by_scope
    group by year

),

expenditure as (

    select * from by_scope
    union all
    select * from total

),

-- income of dranst 1 other than payments from municipalities, and everything on dranst 2
current_income as (

    select
        year,
        cast(sum(case when dranst = '2' and art = 'TOT' then amount_dkk else 0 end) as bigint)
            as state_refund,
        cast(
            sum(
                case
                    when dranst = '1' and art = 'I' then amount_dkk
                    when dranst = '1' and art = '77' then -amount_dkk
                    else 0
                end
            ) as bigint
        ) as other_income
    from accounts
    where
        function_code = '{{ programme_function() }}'
        and year between {{ var('first_expenditure_year') }} and {{ var('last_expenditure_year') }}
    group by year

),

price_year as (

    select index_2015_100 as price_year_index from price_index
    where year = {{ var('price_year') }}

),

income as (

    select
        current_income.year,
        current_income.state_refund
        * price_year.price_year_index / price_index.index_2015_100 as state_refund,
        current_income.other_income
        * price_year.price_year_index / price_index.index_2015_100 as other_income
    from current_income
    inner join price_index
        on current_income.year = price_index.year
    cross join price_year

),

lines as (

    select
        scope,
        'gross' as line,
        year,
        gross as amount_dkk
    from expenditure
    union all
    select
        scope,
        'payments_from_municipalities' as line,
        year,
        payments_from_municipalities as amount_dkk
    from expenditure
    union all
    select
        scope,
        'gross_net_of_payments' as line,
        year,
        gross + payments_from_municipalities as amount_dkk
    from expenditure
    union all
    select
        'total' as scope,
        'state_refund' as line,
        year,
        state_refund as amount_dkk
    from income
    union all
    select
        'total' as scope,
        'other_income' as line,
        year,
        other_income as amount_dkk
    from income
    union all
    select
        'total' as scope,
        'net' as line,
        total.year,
        total.gross + total.payments_from_municipalities + income.state_refund
        + income.other_income as amount_dkk
    from total
    inner join income
        on total.year = income.year

),

final as (

    select * from lines

)

select * from final
order by
    {{ position_in('scope', ['programme', 'other', 'total']) }},
    {{ position_in('line', national_expenditure_lines()) }},
    year
