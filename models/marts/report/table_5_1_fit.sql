with

fit as (

    select * from {{ ref('cost_need_fit') }}

),

unlabelled as (

    select
        model,
        observations,
        r_squared,
        model_degrees_of_freedom
    from fit

),

final as (

    {{ with_report_labels('unlabelled', 'table_5_1_fit') }}

)

select * from final
order by row_position
