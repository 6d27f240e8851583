with

coefficients as (

    select * from {{ ref('cost_need_coefficients') }}

),

final as (

    select
        model,
        term,
        coefficient_dkk,
        t_value
    from coefficients

)

select * from final
order by
    {{ position_in('term', cost_need_terms_in_order()) }},
    model
