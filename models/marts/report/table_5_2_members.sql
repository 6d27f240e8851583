with

indicators as (

    select * from {{ ref('expenditure_indicators') }}

),

municipalities as (

    select * from {{ ref('municipalities') }}

),

unlabelled as (

    select
        indicators.quintile,
        indicators.municipality_code,
        municipalities.municipality_name
    from indicators
    inner join municipalities
        on indicators.municipality_code = municipalities.municipality_code

),

final as (

    {{ with_municipality_labels(
        'unlabelled', 'quintile, ' ~ danish_order('municipality_name')
    ) }}

)

select * from final
order by row_position
