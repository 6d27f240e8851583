with

municipalities as (

    select * from {{ ref('municipalities') }}

),

benchmark as (

    select * from {{ ref('int_benchmark_indicators') }}

),

unlabelled as (

    select
        municipalities.municipality_code,
        municipalities.municipality_name,
        benchmark.quintile,
        benchmark.position,
        benchmark.benchmark_indicator,
        municipalities.tile_column,
        municipalities.tile_row
    from municipalities
    left join benchmark
        on municipalities.municipality_code = benchmark.municipality_code

),

final as (

    {{ with_municipality_labels('unlabelled', 'municipality_code') }}

)

select * from final
order by row_position
