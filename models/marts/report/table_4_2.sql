with

programme_expenditure as (

    select * from {{ ref('programme_expenditure') }}

),

account_groupings as (

    select * from {{ ref('account_groupings') }}
    where function_code = '{{ programme_function() }}'

),

years as (

    select distinct year from programme_expenditure

),

-- the accounts hold no row where nothing was spent; the table prints a zero
cells as (

    select
        account_groupings.grouping,
        years.year
    from account_groupings
    cross join years
    where account_groupings.scope = 'programme'

),

sums as (

    select
        grouping,
        year,
        {{ exact_sum('net_of_payments_dkk') }} as net_of_payments_dkk
    from programme_expenditure
    group by grouping, year

),

amounts as (

    select
        cells.grouping,
        cells.year,
        coalesce(sums.net_of_payments_dkk, 0) / 1e6 as million_dkk
    from cells
    left join sums
        on
            cells.grouping = sums.grouping
            and cells.year = sums.year

),

unlabelled as (

    select
        *,
        cast({{ var('price_year') }} as integer) as price_year,
        {{ in_prices_of_the_print('million_dkk') }} as million_dkk_2015_prices
    from amounts

),

final as (

    {{ with_report_labels('unlabelled', 'table_4_2') }}

)

select * from final
order by row_position
