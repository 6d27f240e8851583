{#
    The weeks from which success_weeks employed weeks in a row follow with enough hours on average: what a success is, and
    what ends a programme under the law of 2016. `weeks` is a relation of employed weeks alone, with person_id, week_number,
    week_start and paid_hours.
#}
{% macro lasting_jobs(weeks) -%}
    select
        person_id,
        week_number,
        week_start,
        run_hours / {{ var('success_weeks') }} as mean_hours_per_week
    from (
        -- of employed weeks only: a run is unbroken where its last row lies as many weeks on as rows
        select
            person_id,
            week_number,
            week_start,
            lead(week_number, {{ var('success_weeks') | int - 1 }}) over person_history as last_week_number,
            sum(paid_hours) over (
                partition by person_id
                order by week_number
                rows between current row and {{ var('success_weeks') | int - 1 }} following
            ) as run_hours
        from {{ weeks }}
        window person_history as (partition by person_id order by week_number)
    ) as runs
    -- 1e-9 guards hours of exactly the limit against rounding
    where
        last_week_number = week_number + {{ var('success_weeks') | int - 1 }}
        and run_hours / {{ var('success_weeks') }} >= {{ var('success_hours_per_week') }} - 1e-9
{%- endmacro %}
