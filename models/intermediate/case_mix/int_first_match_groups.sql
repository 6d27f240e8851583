with

spells as (

    select * from {{ ref('int_spells') }}

),

match_groups as (

    select * from {{ ref('stg_registers__match_groups') }}

),

match_group_levels as (

    select * from {{ ref('match_groups') }}

),

-- quarters counted from year 0, so that a spell's quarters are a range
spell_quarters as (

    select
        spell_id,
        person_id,
        cast(extract(year from start_week) * 4 + extract(quarter from start_week) as integer)
            as first_quarter,
        cast(
            extract(year from {{ add_days('start_week', '7 * duration_weeks - 1') }}) * 4
            + extract(quarter from {{ add_days('start_week', '7 * duration_weeks - 1') }})
            as integer
        ) as last_quarter
    from spells

),

ranked as (

    select
        spell_quarters.spell_id,
        match_groups.system,
        match_groups.match_group as match_group_code,
        row_number() over (
            partition by spell_quarters.spell_id
            order by match_groups.calendar_year, match_groups.calendar_quarter
        ) as quarter_number
    from spell_quarters
    inner join match_groups
        on
            spell_quarters.person_id = match_groups.person_id
            and match_groups.calendar_year * 4 + match_groups.calendar_quarter
            between spell_quarters.first_quarter and spell_quarters.last_quarter

),

final as (

    select
        ranked.spell_id,
        ranked.system,
        ranked.match_group_code,
        match_group_levels.match_group
    from ranked
    left join match_group_levels
        on
            ranked.system = match_group_levels.system
            and ranked.match_group_code = match_group_levels.match_group_code
    where ranked.quarter_number = 1

)

select * from final
