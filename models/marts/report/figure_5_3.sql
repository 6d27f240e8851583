with

efficiency_map as (

    select * from {{ ref('efficiency_map') }}

),

frontier_efficiencies as (

    select * from {{ ref('frontier_efficiencies') }}

),

unlabelled as (

    {{ frontier_points('production') }}

),

final as (

    {{ with_municipality_labels('unlabelled', 'expenditure_indicator, municipality_code') }}

)

select * from final
order by row_position
