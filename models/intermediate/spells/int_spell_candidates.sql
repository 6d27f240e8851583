with

weeks as (

    select * from {{ ref('int_person_weeks_classified') }}

),

success_weeks as (

    select * from {{ ref('int_success_weeks') }}

),

-- what can start or end a spell, in the order of the weeks
turning_points as (

    select
        person_id,
        week_number,
        'non_employment' as kind
    from weeks
    where
        state in ('transfer', 'self_supporting')
        and week_number <= {{ var('window_weeks') }}

    union all

    select
        person_id,
        week_number,
        'success' as kind
    from success_weeks

),

with_previous as (

    select
        *,
        lag(kind) over (partition by person_id order by week_number) as previous_kind
    from turning_points

),

-- a spell starts in the first non-employment week, and in the first one after each success
starts as (

    select
        person_id,
        week_number as start_week_number,
        row_number() over (partition by person_id order by week_number) as candidate_number,
        lead(week_number) over (partition by person_id order by week_number)
            as next_start_week_number
    from with_previous
    where
        kind = 'non_employment'
        and (previous_kind is null or previous_kind = 'success')

),

-- it succeeds in the first success week after a non-employment week
successes as (

    select
        person_id,
        week_number as success_week_number
    from with_previous
    where
        kind = 'success'
        and previous_kind = 'non_employment'

),

final as (

    select
        starts.person_id,
        starts.candidate_number,
        starts.start_week_number,
        weeks.week_start as start_week,
        weeks.municipality_code,
        successes.success_week_number
    from starts
    inner join weeks
        on
            starts.person_id = weeks.person_id
            and starts.start_week_number = weeks.week_number
    left join successes
        on
            starts.person_id = successes.person_id
            and starts.start_week_number < successes.success_week_number
            and (
                starts.next_start_week_number is null
                or successes.success_week_number < starts.next_start_week_number
            )

)

select * from final
