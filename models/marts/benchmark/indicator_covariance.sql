with

indicator_covariance as (

    select * from {{ ref('int_indicator_covariance') }}

),

unnamed as (

    select
        municipality_code,
        other_municipality_code,
        covariance
    from indicator_covariance

),

final as (

    {{ with_municipality_names('unnamed', ['municipality', 'other_municipality']) }}

)

select * from final
order by
    municipality_code,
    other_municipality_code
