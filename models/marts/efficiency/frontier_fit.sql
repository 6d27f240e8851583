with

frontier_results as (

    select * from {{ ref('int_frontier_results') }}

),

final as (

    select
        side,
        distribution,
        municipalities,
        log_likelihood,
        ols_log_likelihood,
        noiseless_log_likelihood,
        lr_statistic,
        lr_p_value,
        lr_bootstrap_p_value,
        sigma_u,
        sigma_v,
        "lambda",
        gamma,
        mean_inefficiency,
        mean_efficiency,
        wrong_skewness,
        boundary,
        converged
    from frontier_results
    where result = 'fit'

)

select * from final
order by side, distribution
