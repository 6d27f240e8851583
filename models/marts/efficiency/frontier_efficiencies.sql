with

frontier_results as (

    select * from {{ ref('int_frontier_results') }}

),

unnamed as (

    select
        side,
        distribution,
        municipality_code,
        frontier,
        regression,
        residual,
        inefficiency,
        efficiency,
        level_efficiency,
        rank,
        report_rank,
        is_among_ten_best,
        is_at_regression,
        boundary
    from frontier_results
    where result = 'municipalities'

),

final as (

    {{ with_municipality_names('unnamed') }}

)

select * from final
order by side, distribution, municipality_code
