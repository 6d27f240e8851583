with

spells as (

    select * from {{ ref('int_spells') }}

),

final as (

    select
        spell_id,
        person_id,
        spell_number,
        sex,
        residence_ground,
        residence_group,
        municipality_code,
        start_week,
        duration_weeks,
        weeks_to_window_end,
        is_success,
        outcome,
        exit_reason
    from spells

)

select * from final
