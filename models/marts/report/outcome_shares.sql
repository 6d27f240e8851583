with

table_2_1 as (

    select * from {{ ref('table_2_1') }}

),

table_2_2 as (

    select * from {{ ref('table_2_2') }}

),

-- Table 2.2 has the row of all
cells as (

    select
        sex as population_group,
        outcome,
        spells,
        percent
    from table_2_1
    where sex <> 'all' and outcome <> 'total'
    union all
    select
        residence_ground as population_group,
        outcome,
        spells,
        percent
    from table_2_2
    where outcome <> 'total'

),

final as (

    select
        population_group,
        outcome,
        spells,
        percent / 100 as share,
        case when spells is null then 'few_persons' end as withheld_reason,
        cast(
            row_number() over (
                order by
                    {{ position_in(
                        'population_group', ['men', 'women', 'refugee', 'family_reunified', 'all']
                    ) }},
                    {{ position_in('outcome', ['success', 'unfinished', 'left']) }}
            ) as integer
        ) as row_position
    from cells

)

select * from final
order by row_position
