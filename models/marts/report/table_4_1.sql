with

national_expenditure as (

    select * from {{ ref('national_expenditure') }}

),

unlabelled as (

    select
        scope,
        line,
        year,
        amount_dkk / 1e6 as million_dkk,
        cast({{ var('price_year') }} as integer) as price_year,
        {{ in_prices_of_the_print('amount_dkk / 1e6') }} as million_dkk_2015_prices
    from national_expenditure

),

final as (

    {{ with_report_labels('unlabelled', 'table_4_1') }}

)

select * from final
order by row_position
