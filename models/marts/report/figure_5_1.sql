with

efficiency_map as (

    select * from {{ ref('efficiency_map') }}

),

efficiency_input as (

    select * from {{ ref('efficiency_input') }}

),

regressions as (

    select * from {{ ref('figure_5_1_regression') }}

),

lines as (

    select
        max(case when sample = 'all' and term = 'constant' then coefficient end)
            as intercept_of_all,
        max(case when sample = 'all' and term <> 'constant' then coefficient end) as slope_of_all,
        max(case when sample <> 'all' and term = 'constant' then coefficient end)
            as intercept_without,
        max(case when sample <> 'all' and term <> 'constant' then coefficient end) as slope_without
    from regressions

),

unlabelled as (

    select
        efficiency_map.municipality_code,
        efficiency_map.municipality_name,
        efficiency_map.expenditure_indicator,
        efficiency_map.benchmark_indicator,
        efficiency_input.spells as weight,
        efficiency_map.municipality_code = '{{ var('outlier_municipality') }}' as is_outlier,
        lines.intercept_of_all + lines.slope_of_all * efficiency_map.expenditure_indicator
            as fitted_with_all,
        lines.intercept_without + lines.slope_without * efficiency_map.expenditure_indicator
            as fitted_without_169,
        lines.intercept_without + lines.slope_without * efficiency_map.expenditure_indicator
            as fitted_without_outlier
    from efficiency_map
    inner join efficiency_input
        on efficiency_map.municipality_code = efficiency_input.municipality_code
    cross join lines

),

final as (

    {{ with_municipality_labels('unlabelled', 'expenditure_indicator, municipality_code') }}

)

select * from final
order by row_position
