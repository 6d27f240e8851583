with

candidates as (

    select * from {{ ref('int_spell_candidates') }}

),

weeks as (

    select * from {{ ref('int_person_weeks_classified') }}

),

population as (

    select * from {{ ref('int_population') }}

),

-- the order decides which of several reasons in one week is named
exit_reasons as (

    select
        person_id,
        week_number,
        case state when 'dead' then 1 when 'emigrated' then 2 else 3 end as precedence,
        case state
            when 'dead' then 'death'
            when 'emigrated' then 'emigration'
            else 'excluded_state'
        end as exit_reason
    from weeks
    where state in ('dead', 'emigrated', 'excluded')

),

moves as (

    {{ weeks_of_moves(ref('int_person_weeks_classified')) }}

),

all_reasons as (

    select
        candidates.person_id,
        candidates.candidate_number,
        exit_reasons.week_number as exit_week_number,
        exit_reasons.precedence,
        exit_reasons.exit_reason
    from candidates
    inner join exit_reasons
        on
            candidates.person_id = exit_reasons.person_id
            and candidates.start_week_number < exit_reasons.week_number

    union all

    select
        candidates.person_id,
        candidates.candidate_number,
        moves.week_number as exit_week_number,
        4 as precedence,
        'move' as exit_reason
    from candidates
    inner join moves
        on
            candidates.person_id = moves.person_id
            and candidates.start_week_number < moves.week_number

    union all

    select
        person_id,
        candidate_number,
        {{ var('window_weeks') }} + 1 as exit_week_number,
        5 as precedence,
        'window_end' as exit_reason
    from candidates

    union all

    select
        candidates.person_id,
        candidates.candidate_number,
        {{ weeks_between('population.start_week', 'population.leaving_week') }} + 1
            as exit_week_number,
        6 as precedence,
        'turning_64' as exit_reason
    from candidates
    inner join population
        on candidates.person_id = population.person_id

    union all

    select
        candidates.person_id,
        candidates.candidate_number,
        {{ weeks_between('population.start_week', date_literal(var('data_end_week'))) }} + 2
        - {{ var('follow_up_ends_weeks_before_data') }} as exit_week_number,
        7 as precedence,
        'data_end' as exit_reason
    from candidates
    inner join population
        on candidates.person_id = population.person_id

),

ranked as (

    select
        *,
        row_number() over (
            partition by person_id, candidate_number
            order by exit_week_number, precedence
        ) as reason_number
    from all_reasons

),

final as (

    select
        person_id,
        candidate_number,
        exit_week_number as censoring_week_number,
        exit_reason as censoring_reason
    from ranked
    where reason_number = 1

)

select * from final
