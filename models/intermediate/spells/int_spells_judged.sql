with

candidates as (

    select * from {{ ref('int_spell_candidates') }}

),

censoring_weeks as (

    select * from {{ ref('int_censoring_weeks') }}

),

weeks as (

    select * from {{ ref('int_person_weeks_classified') }}

),

population as (

    select * from {{ ref('int_population') }}

),

-- a success in the week of a censoring event counts as a success
ended as (

    select
        candidates.person_id,
        candidates.candidate_number,
        candidates.start_week_number,
        candidates.start_week,
        candidates.municipality_code,
        coalesce(
            candidates.success_week_number <= censoring_weeks.censoring_week_number, false
        ) as is_success,
        case
            when candidates.success_week_number <= censoring_weeks.censoring_week_number
                then candidates.success_week_number
            else censoring_weeks.censoring_week_number
        end as exit_week_number,
        case
            when candidates.success_week_number <= censoring_weeks.censoring_week_number
                then 'employment'
            else censoring_weeks.censoring_reason
        end as exit_reason,
        population.leaving_week,
        lag(
            least(
                coalesce(candidates.success_week_number, censoring_weeks.censoring_week_number),
                censoring_weeks.censoring_week_number
            )
        ) over (
            partition by candidates.person_id order by candidates.candidate_number
        ) as previous_exit_week_number
    from candidates
    inner join censoring_weeks
        on
            candidates.person_id = censoring_weeks.person_id
            and candidates.candidate_number = censoring_weeks.candidate_number
    inner join population
        on candidates.person_id = population.person_id

),

breaks as (

    select
        person_id,
        week_number
    from weeks
    where state in ('dead', 'emigrated', 'excluded')

),

-- candidates that do not follow from employment (or, where spells start anew, from a move)
broken as (

    select distinct
        ended.person_id,
        ended.candidate_number
    from ended
    inner join breaks
        on
            ended.person_id = breaks.person_id
            and ended.previous_exit_week_number < breaks.week_number
            and breaks.week_number < ended.start_week_number

),

with_reason as (

    select
        ended.*,
        case
            when
                {{ weeks_between('ended.start_week', date_literal(var('data_end_week'))) }}
                < {{ var('follow_up_ends_weeks_before_data') }}
                then 'starts_after_follow_up'
            when ended.candidate_number = 1 then null
            when broken.person_id is not null then 'follows_an_excluded_week'
            when ended.start_week >= ended.leaving_week then 'starts_in_the_leaving_year'
        end as own_rejection_reason,
        min(
            case
                when ended.is_success then null
                when ended.exit_reason = 'move' and {{ var('restart_after_move') | lower }}
                    then null
                else ended.candidate_number
            end
        ) over (partition by ended.person_id) as first_censored_number
    from ended
    left join broken
        on
            ended.person_id = broken.person_id
            and ended.candidate_number = broken.candidate_number

),

-- once the chain of spells is broken nothing follows
final as (

    select
        person_id,
        candidate_number,
        start_week_number,
        start_week,
        municipality_code,
        is_success,
        exit_week_number,
        exit_reason,
        case
            when candidate_number > first_censored_number then 'follows_a_censored_spell'
            else max(own_rejection_reason) over (
                partition by person_id
                order by candidate_number
                rows between unbounded preceding and current row
            )
        end as rejection_reason
    from with_reason

)

select * from final
