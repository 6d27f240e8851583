with

fit as (

    select * from {{ ref('cost_need_fit') }}

),

final as (

    select
        model,
        observations,
        r_squared,
        model_degrees_of_freedom
    from fit

)

select * from final
order by model
