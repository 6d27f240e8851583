with

judged as (

    select * from {{ ref('int_spells_judged') }}

),

population as (

    select * from {{ ref('int_population') }}

),

final as (

    select
        judged.person_id || '-' || {{ as_text('judged.candidate_number') }} as spell_id,
        judged.person_id,
        cast(judged.candidate_number as integer) as spell_number,
        population.sex,
        population.residence_ground,
        population.residence_group,
        judged.municipality_code,
        judged.start_week,
        greatest(judged.exit_week_number - judged.start_week_number, 1) as duration_weeks,
        {{ var('window_weeks') }} + 1 - judged.start_week_number as weeks_to_window_end,
        judged.is_success,
        case
            when judged.is_success then 'success'
            when judged.exit_reason in ('death', 'emigration', 'excluded_state') then 'left'
            else 'unfinished'
        end as outcome,
        judged.exit_reason
    from judged
    inner join population
        on judged.person_id = population.person_id
    where judged.rejection_reason is null

)

select * from final
order by spell_id
