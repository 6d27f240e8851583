with

indicator_covariance as (

    select * from {{ ref('int_indicator_covariance') }}

),

final as (

    select
        municipality_code,
        other_municipality_code,
        covariance
    from indicator_covariance

)

select * from final
order by
    municipality_code,
    other_municipality_code
