with

cost_need_results as (

    select * from {{ ref('int_cost_need_results') }}

),

final as (

    select
        model,
        term,
        coefficient_dkk,
        coefficient_dkk as coefficient,
        standard_error,
        t_value,
        p_value,
        clustered_standard_error,
        clustered_p_value
    from cost_need_results
    where analysis = 'supplementary' and result = 'coefficients'

)

select * from final
order by model, term
