with

baseline as (

    select * from {{ ref('int_cox_baseline') }}

),

bands as (

    select * from {{ ref('survival_bands') }}

),

-- the curve steps down where somebody succeeds: it is known at the weeks that survival_bands gives
known as (

    select
        baseline.sex,
        baseline.week,
        case when bands.survival is not null then baseline.week end as known_week,
        case when bands.survival is not null then baseline.survival end as known_survival
    from baseline
    left join bands
        on
            baseline.sex = bands.sex
            and baseline.week = bands.week

),

-- it never rises: the last known value is the least so far, the next one the greatest to come
neighbours as (

    select
        sex,
        week,
        max(known_week) over so_far as week_before,
        min(known_survival) over so_far as survival_before,
        min(known_week) over to_come as week_after,
        max(known_survival) over to_come as survival_after
    from known
    window
        so_far as (
            partition by sex
            order by week
            rows between unbounded preceding and current row
        ),
        to_come as (
            partition by sex
            order by week
            rows between current row and unbounded following
        )

),

-- between two known weeks it is a straight line, after the last one it is flat
final as (

    select
        sex,
        week,
        case
            when week_after > week_before
                then
                    survival_before + (survival_after - survival_before)
                    * (week - week_before) / (week_after - week_before)
            else survival_before
        end as survival
    from neighbours

)

select * from final
order by
    sex,
    week
