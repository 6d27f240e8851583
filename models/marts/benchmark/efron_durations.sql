with

efron_results as (

    select * from {{ ref('int_efron_results') }}

),

final as (

    select
        municipality_code,
        expected_mean_duration_weeks
    from efron_results
    where result = 'municipalities'

)

select * from final
order by municipality_code
