{# The weeks in which a person lives in another municipality than in the week before. #}
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
    ) as with_previous
    where municipality_code <> previous_municipality_code
{%- endmacro %}
