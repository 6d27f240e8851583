with

indicators as (

    select * from {{ ref('int_supplementary_indicators') }}

),

report_positions as (

    select * from {{ ref('int_supplementary_positions') }}

),

positions as (

    select * from {{ ref('int_expenditure_positions') }}
    where analysis = 'supplementary'

),

unnamed as (

    select
        indicators.municipality_code,
        indicators.years,
        indicators.expenditure_per_full_year_person_dkk,
        indicators.expenditure_indicator,
        positions.total_standard_error,
        positions.ci_low,
        positions.ci_high,
        positions.position,
        positions.p_value,
        positions.p_value_fdr,
        positions.position_fdr,
        positions.uncertainty_reason,
        report_positions.report_standard_error,
        report_positions.report_ci_low,
        report_positions.report_ci_high,
        report_positions.report_position
    from indicators
    inner join report_positions
        on indicators.municipality_code = report_positions.municipality_code
    inner join positions
        on indicators.municipality_code = positions.municipality_code

),

final as (

    {{ with_municipality_names('unnamed') }}

)

select * from final
order by municipality_code
