with

efficiency_input as (

    select * from {{ ref('int_efficiency_input') }}

),

unnamed as (

    select
        municipality_code,
        spells,
        benchmark_indicator,
        benchmark_standard_error,
        expenditure_indicator
    from efficiency_input

),

final as (

    {{ with_municipality_names('unnamed') }}

)

select * from final
order by municipality_code
