with

spells as (

    select * from {{ ref('spells') }}

),

population as (

    select * from {{ ref('int_population') }}

),

-- a spell whose ground is not recorded is in the total only
spells_by_ground as (

    select
        population.residence_group as residence_ground,
        spells.outcome,
        spells.person_id
    from spells
    inner join population
        on spells.person_id = population.person_id
    where population.residence_group in ('refugee', 'family_reunified')
    union all
    select
        'all' as residence_ground,
        outcome,
        person_id
    from spells

),

counted as (

    select
        residence_ground,
        coalesce(outcome, 'total') as outcome,
        cast(count(*) as bigint) as spells,
        cast(count(distinct person_id) as bigint) as persons
    from spells_by_ground
    group by grouping sets ((residence_ground, outcome), (residence_ground))

),

totals as (

    select
        residence_ground,
        spells
    from counted
    where outcome = 'total'

),

final as (

    select
        counted.residence_ground,
        counted.outcome,
        {{ unless_few('counted.persons', 'counted.spells') }} as spells,
        {{ unless_few('counted.persons', '100.0 * counted.spells / totals.spells') }} as percent
    from counted
    inner join totals
        on counted.residence_ground = totals.residence_ground

)

select * from final
order by
    {{ position_in('residence_ground', ['refugee', 'family_reunified', 'all']) }},
    {{ position_in('outcome', ['success', 'left', 'unfinished', 'total']) }}
