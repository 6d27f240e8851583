-- Spells follow only from employment: after a move or any other censoring there is none.
with

spells as (

    select * from {{ ref('spells') }}

)

select
    spells.spell_number,
    spells.exit_reason
from spells
inner join spells as later
    on
        spells.person_id = later.person_id
        and spells.spell_number < later.spell_number
where not spells.is_success
