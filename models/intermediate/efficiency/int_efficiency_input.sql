with

benchmark as (

    select * from {{ ref('int_benchmark_indicators') }}

),

expenditure as (

    select * from {{ ref('int_expenditure_indicators') }}

),

cells as (

    select * from {{ ref('int_cost_need_input') }}

),

persons as (

    select
        municipality_code,
        {{ exact_sum('persons') }} / count(*) as programme_persons
    from cells
    group by municipality_code

),

final as (

    select
        benchmark.municipality_code,
        benchmark.spells,
        benchmark.benchmark_indicator,
        benchmark.standard_error as benchmark_standard_error,
        expenditure.expenditure_indicator,
        persons.programme_persons
    from benchmark
    inner join expenditure
        on benchmark.municipality_code = expenditure.municipality_code
    inner join persons
        on benchmark.municipality_code = persons.municipality_code

)

select * from final
order by municipality_code
