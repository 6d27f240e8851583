with

benchmark as (

    select * from {{ ref('int_benchmark_indicators') }}

),

expenditure as (

    select * from {{ ref('int_expenditure_indicators') }}

),

-- only a municipality that stands apart from 1 on both axes belongs to a corner of the map
final as (

    select
        benchmark.municipality_code,
        benchmark.municipality_name,
        benchmark.benchmark_indicator,
        benchmark.position as benchmark_position,
        expenditure.expenditure_indicator,
        expenditure.position as expenditure_position,
        case
            when benchmark.position = 'above' and expenditure.position = 'below'
                then 'high_result_low_cost'
            when benchmark.position = 'above' and expenditure.position = 'above'
                then 'high_result_high_cost'
            when benchmark.position = 'below' and expenditure.position = 'below'
                then 'low_result_low_cost'
            when benchmark.position = 'below' and expenditure.position = 'above'
                then 'low_result_high_cost'
            else 'uncertain'
        end as quadrant
    from benchmark
    inner join expenditure
        on benchmark.municipality_code = expenditure.municipality_code

)

select * from final
order by municipality_code
