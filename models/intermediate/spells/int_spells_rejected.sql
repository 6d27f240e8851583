with

spells as (

    select * from {{ ref('int_spells_judged') }}

),

final as (

    select
        person_id,
        candidate_number,
        start_week,
        municipality_code,
        rejection_reason
    from spells
    where rejection_reason is not null

)

select * from final
