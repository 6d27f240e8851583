with

indicators as (

    select * from {{ ref('int_supplementary_indicators') }}

),

student_t as (

    select * from {{ ref('student_t_quantiles') }}

),

final as (

    {{ with_positions_over_years('indicators', 'student_t') }}

)

select * from final
order by municipality_code
