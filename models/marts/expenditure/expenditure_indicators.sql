with

indicators as (

    select * from {{ ref('int_expenditure_indicators') }}

),

positions as (

    select * from {{ ref('int_expenditure_positions') }}
    where analysis = 'main'

),

unnamed as (

    select
        indicators.municipality_code,
        indicators.years,
        indicators.expenditure_indicator,
        positions.total_standard_error,
        positions.ci_low,
        positions.ci_high,
        positions.position,
        positions.p_value,
        positions.p_value_fdr,
        positions.position_fdr,
        positions.uncertainty_reason,
        indicators.report_standard_error,
        indicators.report_ci_low,
        indicators.report_ci_high,
        indicators.report_position,
        indicators.quintile
    from indicators
    inner join positions
        on indicators.municipality_code = positions.municipality_code

),

final as (

    {{ with_municipality_names('unnamed') }}

)

select * from final
order by municipality_code
