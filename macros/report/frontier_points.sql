{#
    Points of Figures 5.3 and 5.4: a frontier with half-normal inefficiency, and the ten most efficient. At a corner
    of the likelihood there are no ten; report_rank is the report's order, which counts them all the same.
#}
{% macro frontier_points(side) -%}
    select
        efficiency_map.municipality_code,
        efficiency_map.municipality_name,
        efficiency_map.expenditure_indicator,
        efficiency_map.benchmark_indicator,
        frontier_efficiencies.frontier,
        frontier_efficiencies.regression,
        frontier_efficiencies.is_among_ten_best,
        case when frontier_efficiencies.is_among_ten_best then frontier_efficiencies.rank end
            as rank_of_ten_best,
        frontier_efficiencies.report_rank,
        frontier_efficiencies.boundary
    from efficiency_map
    inner join frontier_efficiencies
        on efficiency_map.municipality_code = frontier_efficiencies.municipality_code
    where
        frontier_efficiencies.side = '{{ side }}'
        and frontier_efficiencies.distribution = 'half_normal'
{%- endmacro %}
