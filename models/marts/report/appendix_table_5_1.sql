with

observed_durations as (

    select * from {{ ref('observed_durations') }}

),

-- what is withheld there is withheld here
unlabelled as (

    select
        municipality_code,
        municipality_name,
        observed_mean_duration_weeks,
        spells,
        successes,
        100.0 * successes / spells as success_percent,
        'no' as columns_swapped_in_print,
        spells_withheld_reason,
        successes_withheld_reason,
        duration_withheld_reason
    from observed_durations

),

-- the print has Ærø last, after Aarhus
final as (

    {{ with_municipality_labels(
        'unlabelled', "municipality_code = '492', " ~ danish_order('municipality_name')
    ) }}

)

select * from final
order by row_position
