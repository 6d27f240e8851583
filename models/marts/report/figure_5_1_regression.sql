with

regressions as (

    select * from {{ ref('indicator_regressions') }}

),

unlabelled as (

    select
        sample,
        term,
        coefficient,
        standard_error,
        p_value,
        r_squared,
        municipalities
    from regressions
    where form = 'linear'

),

final as (

    {{ with_report_labels('unlabelled', 'figure_5_1_regression') }}

)

select * from final
order by row_position
