with

coefficients as (

    select * from {{ ref('cost_need_coefficients') }}

),

unlabelled as (

    select
        model,
        term,
        coefficient_dkk,
        coefficient,
        t_value
    from coefficients

),

final as (

    {{ with_report_labels('unlabelled', 'table_5_1') }}

)

select * from final
order by row_position
