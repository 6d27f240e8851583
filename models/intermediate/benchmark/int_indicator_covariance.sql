with

cox_results as (

    select * from {{ ref('int_cox_results') }}

),

final as (

    select
        municipality_code,
        other_municipality_code,
        covariance
    from cox_results
    where result = 'indicator_covariances'

)

select * from final
order by municipality_code, other_municipality_code
