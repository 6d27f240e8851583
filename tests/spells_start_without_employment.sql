-- A spell starts in a week of the window in state transfer or self_supporting.
with

spells as (

    select * from {{ ref('int_spells') }}

),

weeks as (

    select * from {{ ref('int_person_weeks_classified') }}

)

select
    spells.spell_number,
    weeks.state
from spells
left join weeks
    on
        spells.person_id = weeks.person_id
        and spells.start_week = weeks.week_start
        and weeks.week_number <= {{ var('window_weeks') }}
where coalesce(weeks.state, 'none') not in ('transfer', 'self_supporting')
