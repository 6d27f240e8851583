with

spells as (

    select * from {{ ref('int_spells') }}

),

population as (

    select * from {{ ref('int_population') }}

),

-- a spell whose ground is not recorded is in the total only: the rest of the total is a cell, too
spells_by_ground as (

    select
        spells.outcome,
        spells.person_id,
        {{ ground_of_table_2_2('population.residence_group') }} as residence_ground
    from spells
    inner join population
        on spells.person_id = population.person_id

),

grounds as (

    select 'refugee' as residence_ground
    union all
    select 'family_reunified' as residence_ground
    union all
    select distinct residence_ground
    from spells_by_ground
    where residence_ground = 'neither'
    union all
    select 'all' as residence_ground

),

cells as (

    select
        grounds.residence_ground,
        outcomes.outcome,
        cast(count(spells_by_ground.person_id) as bigint) as spells,
        cast(count(distinct spells_by_ground.person_id) as bigint) as persons
    from grounds
    cross join (values ('success'), ('left'), ('unfinished'), ('total')) as outcomes (outcome)
    left join spells_by_ground
        on
            grounds.residence_ground in (spells_by_ground.residence_ground, 'all')
            and outcomes.outcome in (spells_by_ground.outcome, 'total')
    group by grounds.residence_ground, outcomes.outcome

),

checked as (

    {{ withheld_in_two_ways(
        'cells',
        row='residence_ground',
        column='outcome',
        row_total='all',
        column_total='total',
    ) }}

),

unlabelled as (

    select
        residence_ground,
        outcome,
        case when not is_withheld then spells end as spells,
        case
            when not is_withheld
                then 100.0 * spells / max(case when outcome = 'total' then spells end) over (
                    partition by residence_ground
                )
        end as percent
    from checked
    where residence_ground <> 'neither'

),

final as (

    {{ with_report_labels('unlabelled', 'table_2_2') }}

)

select * from final
order by row_position
