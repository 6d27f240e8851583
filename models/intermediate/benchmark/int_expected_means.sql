with

expected_durations as (

    select * from {{ ref('int_expected_durations') }}

),

final as (

    select
        municipality_code,
        cast(count(*) as bigint) as spells,
        {{ exact_sum('expected_duration_weeks') }} / count(*) as expected_mean_duration_weeks
    from expected_durations
    where is_benchmarked
    group by municipality_code

)

select * from final
order by municipality_code
