{#
    Date arithmetic in the words of the method. Weeks are ISO weeks, named by their Monday.
    Spark has versions of its own: dbt's stop the query at a missing date, which here has no result instead.
#}

{% macro week_start(date) -%}
    {{ return(adapter.dispatch('week_start', 'value_for_money')(date)) }}
{%- endmacro %}

{% macro default__week_start(date) -%}
    cast({{ dbt.date_trunc('week', date) }} as date)
{%- endmacro %}

{% macro spark__week_start(date) -%}
    trunc({{ date }}, 'week')
{%- endmacro %}

{% macro month_start(date) -%}
    {{ return(adapter.dispatch('month_start', 'value_for_money')(date)) }}
{%- endmacro %}

{% macro default__month_start(date) -%}
    cast({{ dbt.date_trunc('month', date) }} as date)
{%- endmacro %}

{% macro spark__month_start(date) -%}
    trunc({{ date }}, 'month')
{%- endmacro %}

{% macro add_days(date, days) -%}
    {{ return(adapter.dispatch('add_days', 'value_for_money')(date, days)) }}
{%- endmacro %}

{% macro default__add_days(date, days) -%}
    cast({{ dbt.dateadd('day', days, date) }} as date)
{%- endmacro %}

{% macro spark__add_days(date, days) -%}
    date_add({{ date }}, cast({{ days }} as integer))
{%- endmacro %}

{% macro add_months(date, months) -%}
    {{ return(adapter.dispatch('add_months', 'value_for_money')(date, months)) }}
{%- endmacro %}

{% macro default__add_months(date, months) -%}
    cast({{ dbt.dateadd('month', months, date) }} as date)
{%- endmacro %}

{% macro spark__add_months(date, months) -%}
    cast(add_months({{ date }}, {{ months }}) as date)
{%- endmacro %}

{% macro add_years(date, years) -%}
    {{ return(adapter.dispatch('add_years', 'value_for_money')(date, years)) }}
{%- endmacro %}

{% macro default__add_years(date, years) -%}
    cast({{ dbt.dateadd('year', years, date) }} as date)
{%- endmacro %}

{% macro spark__add_years(date, years) -%}
    cast(add_months({{ date }}, 12 * ({{ years }})) as date)
{%- endmacro %}

{% macro days_between(first_date, second_date) -%}
    {{ return(adapter.dispatch('days_between', 'value_for_money')(first_date, second_date)) }}
{%- endmacro %}

{% macro default__days_between(first_date, second_date) -%}
    cast({{ dbt.datediff(first_date, second_date, 'day') }} as integer)
{%- endmacro %}

{% macro spark__days_between(first_date, second_date) -%}
    datediff({{ second_date }}, {{ first_date }})
{%- endmacro %}

{% macro date_literal(date) -%}
    cast('{{ date }}' as date)
{%- endmacro %}

{# Whether a row of a seed holds on a day: from valid_from to valid_to, both included; empty where there is no end. #}
{% macro is_valid_on(seed, day) -%}
    ({{ seed }}.valid_from is null or {{ seed }}.valid_from <= {{ day }})
    and ({{ seed }}.valid_to is null or {{ day }} <= {{ seed }}.valid_to)
{%- endmacro %}

{# A date of a calendar year, which may be an expression. #}
{% macro day_of_year(year, month, day) -%}
    make_date({{ year }}, {{ month }}, {{ day }})
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
    {{ week_start(day_of_year(year, 1, 4)) }}
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
