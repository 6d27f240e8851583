{#
    Whether a municipality is in the benchmark: enough spells, and successes of enough persons to tell its duration
    (DECISIONS.md B9).
#}
{% macro is_benchmarked(spells, persons_with_success, weeks_saved) -%}
    (
        {{ spells }} >= {{ var('minimum_spells') }}
        and {{ persons_with_success }} >= {{ disclosure_limit() }}
        and not {{ are_few_weeks(weeks_saved) }}
    )
{%- endmacro %}

{#
    Whether the weeks that successes saved, all together, are so few that a mean duration made from them would say that
    no more than a few persons can have found work early.
#}
{% macro are_few_weeks(weeks_saved) -%}
    {{ weeks_saved }} < {{ disclosure_limit() * (var('window_weeks') | int) }}
{%- endmacro %}

{# The weeks by which a group's successes came before the end of the window, all together. #}
{% macro weeks_saved() -%}
    cast(sum(case when is_success then {{ var('window_weeks') }} - duration_weeks else 0 end) as bigint)
{%- endmacro %}
