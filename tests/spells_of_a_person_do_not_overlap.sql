-- The next spell starts after the weeks of the success before it; with restart_after_move also in
-- the week of a move, where the spell before it ends.
with

spells as (

    select * from {{ ref('int_spells') }}

),

with_next as (

    select
        spell_number,
        start_week,
        duration_weeks,
        case when exit_reason = 'move' then 0 else {{ var('success_weeks') }} end as weeks_between,
        lead(start_week) over (partition by person_id order by spell_number) as next_start_week
    from spells

)

select *
from with_next
where
    next_start_week
    < {{ add_days('start_week', '7 * (duration_weeks + weeks_between)') }}
