with

dream_weeks as (

    select * from {{ ref('stg_registers__dream_weeks') }}

),

match_groups as (

    select * from {{ ref('stg_registers__match_groups') }}

),

weeks as (

    select * from {{ ref('int_calendar_weeks') }}

),

-- a week in the middle of each quarter
middle_weeks as (

    select
        year_week,
        iso_year as calendar_year,
        cast(floor((iso_week - 1) / 13) + 1 as integer) as calendar_quarter
    from weeks
    where iso_week in (7, 20, 33, 46)

),

quarters as (

    select
        dream_weeks.person_id,
        middle_weeks.calendar_year,
        middle_weeks.calendar_quarter,
        match_groups.match_group
    from dream_weeks
    inner join middle_weeks
        on dream_weeks.dream_week = middle_weeks.year_week
    left join match_groups
        on
            dream_weeks.person_id = match_groups.person_id
            and middle_weeks.calendar_year = match_groups.calendar_year
            and middle_weeks.calendar_quarter = match_groups.calendar_quarter
    where dream_weeks.dream_code like '7%'

),

final as (

    select
        *,
        lag(match_group) over (
            partition by person_id
            order by calendar_year, calendar_quarter
        ) is not null as is_matched_before,
        coalesce(
            lag(calendar_year) over (
                partition by person_id, calendar_quarter
                order by calendar_year
            ) = calendar_year - 1,
            false
        ) as is_of_the_year_before
    from quarters

)

select * from final
