with

national_expenditure as (

    select * from {{ ref('national_expenditure') }}

),

final as (

    select
        scope,
        line,
        year,
        amount_dkk / 1e6 as million_dkk_2015_prices
    from national_expenditure

)

select * from final
order by
    {{ position_in('scope', ['programme', 'other', 'total']) }},
    {{ position_in('line', national_expenditure_lines()) }},
    year
