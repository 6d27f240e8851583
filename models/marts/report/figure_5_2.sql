with

efficiency_map as (

    select * from {{ ref('efficiency_map') }}

),

quadrants as (

    select * from {{ ref('report_labels') }}
    where dimension = 'quadrant'

),

unlabelled as (

    select
        efficiency_map.municipality_code,
        efficiency_map.municipality_name,
        efficiency_map.expenditure_indicator,
        efficiency_map.benchmark_indicator,
        efficiency_map.expenditure_position,
        efficiency_map.benchmark_position,
        efficiency_map.quadrant,
        quadrants.place as quadrant_position,
        quadrants.label_da as quadrant_da,
        quadrants.label_en as quadrant_en,
        efficiency_map.total_expenditure_position,
        efficiency_map.total_quadrant,
        total_quadrants.place as total_quadrant_position,
        total_quadrants.label_da as total_quadrant_da,
        total_quadrants.label_en as total_quadrant_en
    from efficiency_map
    left join quadrants
        on efficiency_map.quadrant = quadrants.value
    left join quadrants as total_quadrants
        on efficiency_map.total_quadrant = total_quadrants.value

),

final as (

    {{ with_municipality_labels('unlabelled', 'expenditure_indicator, municipality_code') }}

)

select * from final
order by row_position
