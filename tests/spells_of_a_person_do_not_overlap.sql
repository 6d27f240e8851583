-- The next spell starts after the thirteen weeks of the success before it.
with

spells as (

    select * from {{ ref('int_spells') }}

),

with_next as (

    select
        spell_number,
        start_week,
        duration_weeks,
        lead(start_week) over (partition by person_id order by spell_number) as next_start_week
    from spells

)

select *
from with_next
where
    next_start_week
    < {{ add_days('start_week', '7 * (duration_weeks + ' ~ var('success_weeks') ~ ')') }}
