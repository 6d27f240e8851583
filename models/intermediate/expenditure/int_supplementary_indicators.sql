with

cost_need_results as (

    select * from {{ ref('int_cost_need_results') }}

),

expenditure_indicators as (

    select * from {{ ref('int_expenditure_indicators') }}

),

final as (

    select
        cost_need_results.municipality_code,
        cost_need_results.years,
        cost_need_results.expenditure_per_full_year_person_dkk,
        cost_need_results.expected_dkk,
        cost_need_results.expenditure_indicator,
        cost_need_results.standard_error as report_standard_error
    from cost_need_results
    inner join expenditure_indicators
        on cost_need_results.municipality_code = expenditure_indicators.municipality_code
    where
        cost_need_results.analysis = 'supplementary'
        and cost_need_results.result = 'indicators'

)

select * from final
order by municipality_code
