with

weeks as (

    select * from {{ ref('int_person_weeks_classified') }}

),

success_weeks as (

    select * from {{ ref('int_success_weeks') }}

),

moves as (

    {{ weeks_of_moves(ref('int_person_weeks_classified')) }}

),

-- of non-employment weeks only: a gap is unbroken where its last row lies as many weeks on as rows
gaps as (

    select
        person_id,
        week_number,
        row_number() over person_history as number_of_week,
        lead(week_number, {{ var('gap_weeks') | int - 1 }}) over person_history as last_week_number,
        lag(week_number) over person_history as previous_week_number,
        municipality_code <> lag(municipality_code) over person_history as is_elsewhere
    from weeks
    where state in ('transfer', 'self_supporting')
    window person_history as (partition by person_id order by week_number)

),

-- what can start or end a spell: the first week without employment needs no gap, the weeks after
-- it in the same place start nothing of their own, and in one week a success comes before a move,
-- and a move before a start
turning_points as (

    select
        person_id,
        week_number,
        3 as precedence,
        'non_employment' as kind
    from gaps
    where
        week_number <= {{ var('window_weeks') }}
        and (
            number_of_week = 1
            or (
                last_week_number = week_number + {{ var('gap_weeks') | int - 1 }}
                and (previous_week_number < week_number - 1 or is_elsewhere)
            )
        )

    union all

    select
        person_id,
        week_number,
        1 as precedence,
        'success' as kind
    from success_weeks

    union all

    select
        person_id,
        week_number,
        2 as precedence,
        'move' as kind
    from moves
    where {{ var('restart_after_move') | lower }}

),

with_previous as (

    select
        *,
        lag(kind) over (
            partition by person_id order by week_number, precedence
        ) as previous_kind
    from turning_points

),

-- a spell starts in the first non-employment week, and in the first one after each success or
-- move; it succeeds in the first success week after a non-employment week
starts_and_successes as (

    select
        person_id,
        week_number,
        kind,
        lead(week_number) over person_history as next_week_number,
        lead(kind) over person_history as next_kind
    from with_previous
    where
        (
            kind = 'non_employment'
            and (previous_kind is null or previous_kind <> 'non_employment')
        )
        or (kind = 'success' and previous_kind = 'non_employment')
    window person_history as (partition by person_id order by week_number)

),

starts as (

    select
        person_id,
        week_number as start_week_number,
        cast(row_number() over (partition by person_id order by week_number) as bigint)
            as candidate_number,
        case when next_kind = 'success' then next_week_number end as success_week_number
    from starts_and_successes
    where kind = 'non_employment'

),

-- the table and not the CTE: an engine may keep a whole CTE that is read twice
final as (

    select
        starts.person_id,
        starts.candidate_number,
        starts.start_week_number,
        weeks.week_start as start_week,
        weeks.municipality_code,
        starts.success_week_number
    from starts
    inner join {{ ref('int_person_weeks_classified') }} as weeks
        on
            starts.person_id = weeks.person_id
            and starts.start_week_number = weeks.week_number

)

select * from final
