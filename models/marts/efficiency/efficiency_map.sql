with

benchmark as (

    select * from {{ ref('int_benchmark_indicators') }}

),

expenditure as (

    select * from {{ ref('int_expenditure_indicators') }}

),

positions as (

    select * from {{ ref('int_expenditure_positions') }}
    where analysis = 'main'

),

final as (

    select
        benchmark.municipality_code,
        benchmark.municipality_name,
        benchmark.benchmark_indicator,
        benchmark.position as benchmark_position,
        expenditure.expenditure_indicator,
        expenditure.report_position as expenditure_position,
        {{ corner_of_map('benchmark.position', 'expenditure.report_position') }} as quadrant,
        positions.position as total_expenditure_position,
        {{ corner_of_map('benchmark.position', 'positions.position') }} as total_quadrant
    from benchmark
    inner join expenditure
        on benchmark.municipality_code = expenditure.municipality_code
    inner join positions
        on benchmark.municipality_code = positions.municipality_code

)

select * from final
order by municipality_code
