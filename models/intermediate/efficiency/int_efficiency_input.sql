with

benchmark as (

    select * from {{ ref('int_benchmark_indicators') }}

),

expenditure as (

    select * from {{ ref('int_expenditure_indicators') }}

),

final as (

    select
        benchmark.municipality_code,
        benchmark.spells,
        benchmark.benchmark_indicator,
        benchmark.standard_error as benchmark_standard_error,
        expenditure.expenditure_indicator
    from benchmark
    inner join expenditure
        on benchmark.municipality_code = expenditure.municipality_code

)

select * from final
order by municipality_code
