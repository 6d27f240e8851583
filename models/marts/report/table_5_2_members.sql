with

indicators as (

    select * from {{ ref('expenditure_indicators') }}

),

municipalities as (

    select * from {{ ref('municipalities') }}

),

final as (

    select
        indicators.quintile,
        indicators.municipality_code,
        municipalities.municipality_name
    from indicators
    inner join municipalities
        on indicators.municipality_code = municipalities.municipality_code

)

select * from final
order by
    quintile,
    {{ danish_order('municipality_name') }}
