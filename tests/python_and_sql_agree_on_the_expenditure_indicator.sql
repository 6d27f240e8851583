-- vfm.statistics.indicator_draws computes both indicators; its draw 0 must be what the marts say
with

draws as (

    select * from {{ ref('int_indicator_draws') }}

),

efficiency_input as (

    select * from {{ ref('int_efficiency_input') }}

),

final as (

    select
        efficiency_input.municipality_code,
        efficiency_input.expenditure_indicator,
        draws.expenditure_indicator as drawn_expenditure_indicator
    from efficiency_input
    left join draws
        on
            efficiency_input.municipality_code = draws.municipality_code
            and draws.draw = 0
    where
        draws.municipality_code is null
        or abs(draws.expenditure_indicator - efficiency_input.expenditure_indicator) > 1e-9
        or draws.benchmark_indicator <> efficiency_input.benchmark_indicator

)

select * from final
