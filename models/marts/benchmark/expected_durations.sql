with

means as (

    select * from {{ ref('int_expected_means') }}

),

unnamed as (

    select
        municipality_code,
        spells,
        expected_mean_duration_weeks
    from means

),

final as (

    {{ with_municipality_names('unnamed') }}

)

select * from final
order by municipality_code
