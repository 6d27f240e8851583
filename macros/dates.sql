{# Date arithmetic in the words of the method. Weeks are ISO weeks, named by their Monday. #}

{% macro week_start(date) -%}
    cast({{ dbt.date_trunc('week', date) }} as date)
{%- endmacro %}

{% macro month_start(date) -%}
    cast({{ dbt.date_trunc('month', date) }} as date)
{%- endmacro %}

{% macro add_days(date, days) -%}
    cast({{ dbt.dateadd('day', days, date) }} as date)
{%- endmacro %}

{% macro add_months(date, months) -%}
    cast({{ dbt.dateadd('month', months, date) }} as date)
{%- endmacro %}

{% macro add_years(date, years) -%}
    cast({{ dbt.dateadd('year', years, date) }} as date)
{%- endmacro %}

{% macro days_between(first_date, second_date) -%}
    cast({{ dbt.datediff(first_date, second_date, 'day') }} as integer)
{%- endmacro %}

{% macro date_literal(date) -%}
    cast('{{ date }}' as date)
{%- endmacro %}

{# Whole weeks from one Monday to another. #}
{% macro weeks_between(first_week, second_week) -%}
    cast(round({{ days_between(first_week, second_week) }} / 7.0) as integer)
{%- endmacro %}

{# The year an ISO week belongs to is the year of its Thursday. #}
{% macro iso_year(week) -%}
    cast(extract(year from {{ add_days(week, 3) }}) as integer)
{%- endmacro %}

{# Monday of ISO week 1: the week that holds 4 January. #}
{% macro first_week_of_year(year) -%}
    {{ week_start("cast(cast(" ~ year ~ " as varchar) || '-01-04' as date)") }}
{%- endmacro %}

{# Age in completed years on a date. #}
{% macro completed_years(birth_date, date) -%}
    cast(
        extract(year from {{ date }}) - extract(year from {{ birth_date }})
        - case
            when extract(month from {{ date }}) * 100 + extract(day from {{ date }})
                < extract(month from {{ birth_date }}) * 100 + extract(day from {{ birth_date }})
                then 1
            else 0
        end
        as integer
    )
{%- endmacro %}
