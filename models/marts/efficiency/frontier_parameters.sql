with

frontier_results as (

    select * from {{ ref('int_frontier_results') }}

),

final as (

    select
        side,
        distribution,
        term,
        coefficient,
        standard_error,
        robust_standard_error,
        p_value
    from frontier_results
    where result = 'parameters'

)

select * from final
order by side, distribution, term
