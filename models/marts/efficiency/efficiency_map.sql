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
        benchmark.municipality_name,
        benchmark.benchmark_indicator,
        benchmark.position as benchmark_position,
        expenditure.expenditure_indicator,
        expenditure.position as expenditure_position,
        {{ corner_of_map('benchmark.position', 'expenditure.position') }} as quadrant
    from benchmark
    inner join expenditure
        on benchmark.municipality_code = expenditure.municipality_code

)

select * from final
order by municipality_code
