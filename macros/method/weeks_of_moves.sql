{#
    The weeks in which a person lives in another municipality than in the week before. `weeks` is a table and no CTE: it
    is read twice, and an engine may keep a whole CTE that is. Who never moved is left out before anything is sorted.
#}
{% macro weeks_of_moves(weeks) -%}
    select
        person_id,
        week_number
    from (
        select
            person_id,
            week_number,
            municipality_code,
            lag(municipality_code) over (
                partition by person_id order by week_number
            ) as previous_municipality_code
        from {{ weeks }}
        where person_id in (
            select person_id
            from {{ weeks }}
            group by person_id
            having min(municipality_code) <> max(municipality_code)
        )
    ) as with_previous
    where municipality_code <> previous_municipality_code
{%- endmacro %}
