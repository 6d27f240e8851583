{#
    Whether a municipality is in the benchmark: enough spells, and successes of enough persons to tell its duration
    (DECISIONS.md B9).
#}
{% macro is_benchmarked(spells, persons_with_success) -%}
    ({{ spells }} >= {{ var('minimum_spells') }} and {{ persons_with_success }} >= {{ disclosure_limit() }})
{%- endmacro %}
