with

means as (

    select * from {{ ref('int_expected_means') }}

),

final as (

    select
        municipality_code,
        spells,
        expected_mean_duration_weeks
    from means

)

select * from final
order by municipality_code
