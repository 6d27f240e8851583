with

expenditure_indicators as (

    select * from {{ ref('int_expenditure_indicators') }}

),

final as (

    select
        municipality_code,
        years,
        expenditure_indicator,
        standard_error,
        ci_low,
        ci_high,
        position,
        quintile
    from expenditure_indicators

)

select * from final
order by municipality_code
