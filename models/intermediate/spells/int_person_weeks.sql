with

population as (

    select * from {{ ref('int_population') }}

),

residence_periods as (

    select * from {{ ref('int_residence_periods') }}

),

-- the window and, after it, the weeks a success of its last week still needs; never past the data
follow_up as (

    select
        person_id,
        start_week,
        least(
            {{ var('window_weeks') | int + var('success_weeks') | int - 1 }},
            {{ weeks_between('start_week', date_literal(var('data_end_week'))) }} + 1
        ) as last_week_number
    from population

),

-- a week's municipality is its Sunday's, so a stay lasts from the week of its first day to the
-- week before the one of the next move
stays as (

    select
        follow_up.person_id,
        follow_up.start_week,
        follow_up.last_week_number as last_follow_up_number,
        residence_periods.municipality_code,
        {{ week_start('residence_periods.valid_from') }} as first_week,
        {{ week_start('residence_periods.valid_to') }} as week_of_next_move
    from follow_up
    inner join residence_periods
        on follow_up.person_id = residence_periods.person_id

),

numbered as (

    select
        person_id,
        start_week,
        municipality_code,
        greatest(1, {{ weeks_between('start_week', 'first_week') }} + 1) as first_week_number,
        least({{ weeks_between('start_week', 'week_of_next_move') }}, last_follow_up_number)
            as last_week_number
    from stays

),

weeks as (

    {{ rows_between('numbered', 'first_week_number', 'last_week_number', 'week_number') }}

),

final as (

    select
        person_id,
        week_number,
        {{ add_days('start_week', '7 * (week_number - 1)') }} as week_start,
        municipality_code
    from weeks

)

select * from final
