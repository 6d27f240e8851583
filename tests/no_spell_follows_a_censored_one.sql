-- A further spell follows only after employment, never after a move or any other censoring.
-- With restart_after_move there is, after a move.
with

spells as (

    select * from {{ ref('int_spells') }}

)

select
    spells.spell_number,
    spells.exit_reason
from spells
inner join spells as later
    on
        spells.person_id = later.person_id
        and spells.spell_number < later.spell_number
where
    not spells.is_success
    and not (spells.exit_reason = 'move' and {{ var('restart_after_move') | lower }})
