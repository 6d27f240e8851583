with

frontier_results as (

    select * from {{ ref('int_frontier_results') }}

),

unnamed as (

    select
        side,
        distribution,
        municipality_code,
        sigma_u,
        sigma_v,
        lr_statistic,
        lr_p_value,
        lr_bootstrap_p_value,
        boundary,
        converged,
        inefficiency,
        efficiency,
        rank
    from frontier_results
    where result = 'known_noise'

),

final as (

    {{ with_municipality_names('unnamed') }}

)

select * from final
order by side, distribution, municipality_code
