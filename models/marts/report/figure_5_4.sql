with

efficiency_map as (

    select * from {{ ref('efficiency_map') }}

),

frontier_efficiencies as (

    select * from {{ ref('frontier_efficiencies') }}

),

unlabelled as (

    select
        efficiency_map.municipality_code,
        efficiency_map.municipality_name,
        efficiency_map.expenditure_indicator,
        efficiency_map.benchmark_indicator,
        frontier_efficiencies.frontier,
        frontier_efficiencies.regression,
        frontier_efficiencies.is_among_ten_best,
        case when frontier_efficiencies.is_among_ten_best then frontier_efficiencies.rank end
            as rank_of_ten_best
    from efficiency_map
    inner join frontier_efficiencies
        on efficiency_map.municipality_code = frontier_efficiencies.municipality_code
    where
        frontier_efficiencies.side = 'cost'
        and frontier_efficiencies.distribution = 'half_normal'

),

final as (

    {{ with_municipality_labels('unlabelled', 'benchmark_indicator, municipality_code') }}

)

select * from final
order by row_position
