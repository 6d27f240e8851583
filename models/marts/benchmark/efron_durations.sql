with

efron_results as (

    select * from {{ ref('int_efron_results') }}

),

unnamed as (

    select
        municipality_code,
        expected_mean_duration_weeks
    from efron_results
    where result = 'municipalities'

),

final as (

    {{ with_municipality_names('unnamed') }}

)

select * from final
order by municipality_code
