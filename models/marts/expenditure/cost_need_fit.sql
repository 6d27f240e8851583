with

cost_need_results as (

    select * from {{ ref('int_cost_need_results') }}

),

final as (

    select
        model,
        observations,
        r_squared,
        model_degrees_of_freedom,
        residual_standard_error_dkk,
        municipalities
    from cost_need_results
    where analysis = 'main' and result = 'fit'

)

select * from final
order by model
