with

observed_durations as (

    select * from {{ ref('observed_durations') }}

),

-- what is withheld there is withheld here
final as (

    select
        municipality_code,
        municipality_name,
        observed_mean_duration_weeks,
        spells,
        successes,
        100.0 * successes / spells as success_percent,
        'no' as columns_swapped_in_print
    from observed_durations

)

select * from final
order by municipality_code
