with

cost_need_coefficients as (

    select * from {{ ref('int_cost_need_coefficients') }}

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
    from cost_need_coefficients

)

select * from final
order by
    model,
    {{ position_in('term', cost_need_terms_in_order()) }}
