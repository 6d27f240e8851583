with

efficiency_map as (

    select * from {{ ref('efficiency_map') }}

),

report_labels as (

    select * from {{ ref('report_labels') }}

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
        report_labels.place as quadrant_position,
        report_labels.label_da as quadrant_da,
        report_labels.label_en as quadrant_en
    from efficiency_map
    left join report_labels
        on
            report_labels.dimension = 'quadrant'
            and efficiency_map.quadrant = report_labels.value

),

final as (

    {{ with_municipality_labels('unlabelled', 'expenditure_indicator, municipality_code') }}

)

select * from final
order by row_position
