with

efficiency_input as (

    select * from {{ ref('int_efficiency_input') }}

),

final as (

    select
        municipality_code,
        spells,
        benchmark_indicator,
        benchmark_standard_error,
        expenditure_indicator
    from efficiency_input

)

select * from final
order by municipality_code
