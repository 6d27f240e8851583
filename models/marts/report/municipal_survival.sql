{% set window = var('window_weeks') | int %}
with

curves as (

    select * from {{ ref('municipal_curves') }}

),

-- a curve falls: a withheld week lies between the last share shown before it and the next one
bounded as (

    select
        municipality_code,
        week,
        observed_survival,
        expected_survival,
        min(observed_survival) over (
            partition by municipality_code
            order by week
            rows between unbounded preceding and current row
        ) as last_shown,
        max(observed_survival) over (
            partition by municipality_code
            order by week
            rows between current row and unbounded following
        ) as next_shown
    from curves

),

-- half a year, every whole year, and the window's end
drawn as (

    select * from bounded
    where week = {{ window }} or (week > 0 and (week = 26 or mod(week, 52) = 0))

),

unnamed as (

    select
        municipality_code,
        week,
        next_shown as observed_low,
        case when next_shown is not null then last_shown end as observed_high,
        expected_survival,
        case when next_shown is null then 'few_persons' end as withheld_reason
    from drawn

),

final as (

    {{ with_municipality_names('unnamed') }}

)

select * from final
order by
    municipality_code,
    week
