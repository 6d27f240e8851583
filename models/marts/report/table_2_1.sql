with

spells as (

    select * from {{ ref('spells') }}

),

-- both sexes and all outcomes beside each
counted as (

    select
        coalesce(sex, 'all') as sex,
        coalesce(outcome, 'total') as outcome,
        cast(count(*) as bigint) as spells,
        cast(count(distinct person_id) as bigint) as persons
    from spells
    group by cube (sex, outcome)

),

totals as (

    select
        sex,
        spells
    from counted
    where outcome = 'total'

),

final as (

    select
        counted.sex,
        counted.outcome,
        {{ unless_few('counted.persons', 'counted.spells') }} as spells,
        {{ unless_few('counted.persons', '100.0 * counted.spells / totals.spells') }} as percent
    from counted
    inner join totals
        on counted.sex = totals.sex

)

select * from final
order by
    {{ position_in('sex', ['men', 'women', 'all']) }},
    {{ position_in('outcome', ['success', 'left', 'unfinished', 'total']) }}
