with

regressions as (

    select * from {{ ref('indicator_regressions') }}

),

final as (

    select
        sample,
        term,
        coefficient,
        standard_error,
        r_squared,
        municipalities
    from regressions
    where form = 'linear'

)

select * from final
order by
    {{ position_in('sample', ['all']) }} nulls last,
    {{ position_in('term', ['constant', 'expenditure_indicator']) }}
