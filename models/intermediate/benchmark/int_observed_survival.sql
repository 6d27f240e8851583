with

spells as (

    select * from {{ ref('int_spells') }}

),

municipalities as (

    select * from {{ ref('municipalities') }}

),

calendar_weeks as (

    select * from {{ ref('int_calendar_weeks') }}

),

-- weeks 0..156 of a spell
spell_weeks as (

    select cast(row_number() over (order by week_start) - 1 as integer) as week
    from calendar_weeks

),

exits as (

    select
        municipality_code,
        duration_weeks as week,
        cast(count(*) as bigint) as exits,
        cast(sum(case when is_success then 1 else 0 end) as bigint) as successes
    from spells
    group by municipality_code, duration_weeks

),

grid as (

    select
        municipalities.municipality_code,
        spell_weeks.week,
        coalesce(exits.exits, 0) as exits,
        coalesce(exits.successes, 0) as successes
    from municipalities
    cross join spell_weeks
    left join exits
        on
            municipalities.municipality_code = exits.municipality_code
            and spell_weeks.week = exits.week
    where spell_weeks.week <= {{ var('window_weeks') }}

),

-- at risk in a week: everyone who has not left before it
risk_sets as (

    select
        municipality_code,
        week,
        successes,
        cast(
            sum(exits) over (
                partition by municipality_code
                order by week
                rows between current row and unbounded following
            ) as bigint
        ) as at_risk
    from grid

),

-- Kaplan-Meier; a week in which all at risk succeed takes the curve to zero for good
factors as (

    select
        *,
        case
            when successes > 0 and successes < at_risk
                then ln(1 - cast(successes as double) / at_risk)
            else 0
        end as log_factor,
        case when successes > 0 and successes = at_risk then 1 else 0 end as is_last_factor
    from risk_sets

),

final as (

    select
        municipality_code,
        week,
        at_risk,
        successes,
        case
            when max(is_last_factor) over weeks_so_far = 1 then 0
            else exp(sum(log_factor) over weeks_so_far)
        end as survival
    from factors
    window weeks_so_far as (
        partition by municipality_code
        order by week
        rows between unbounded preceding and current row
    )

)

select * from final
order by municipality_code, week
