with

benchmark as (

    select * from {{ ref('int_efficiency_input') }}

),

expenditure as (

    select * from {{ ref('int_supplementary_indicators') }}

),

final as (

    select
        benchmark.municipality_code,
        benchmark.spells,
        benchmark.benchmark_indicator,
        benchmark.benchmark_standard_error,
        expenditure.expenditure_indicator
    from benchmark
    inner join expenditure
        on benchmark.municipality_code = expenditure.municipality_code

)

select * from final
order by municipality_code
