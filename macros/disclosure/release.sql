{#
    The release rule: with what precision a number may leave. Every column of a mart declares in its yml, under
    config.meta, what it `rests_on` and its `precision`; vfm/privacy/precision.py reads the same words. What is
    made from a number that is given roundly (an interval, a difference) is made from the round number, with `released`.
#}
{% macro released(value, precision) -%}
    {%- set words = precision.split(' ') -%}
    {%- if precision in ('exact', 'inherited') -%}
    {{ value }}
    {%- elif precision in ('whole', 'tens', 'hundreds', 'thousands') -%}
    round({{ value }}, {{ -['whole', 'tens', 'hundreds', 'thousands'].index(precision) }})
    {%- elif words[1] in ('decimal', 'decimals') -%}
    round({{ value }}, {{ words[0] | int }})
    {%- elif words[1:] == ['significant', 'digits'] -%}
    {{ significant(value, words[0] | int) }}
    {%- else -%}
    {%- do exceptions.raise_compiler_error(
        "Precision '" ~ precision ~ "' is not known: give exact, inherited, whole, tens, hundreds, thousands, N decimals or "
        ~ 'N significant digits. See docs/disclosure.md.'
    ) -%}
    {%- endif -%}
{%- endmacro %}

{# A number to so many significant digits. Dispatched. #}
{% macro significant(value, digits) -%}
    {{ return(adapter.dispatch('significant', 'value_for_money')(value, digits)) }}
{%- endmacro %}

{% macro duckdb__significant(value, digits) -%}
    case
        when {{ value }} = 0 or not isfinite({{ value }}) then {{ value }}
        else round({{ value }}, {{ digits - 1 }} - cast(floor(log10(abs({{ value }}))) as integer))
    end
{%- endmacro %}

{#
    A query whose columns are given as the yml of the running model declares; the query itself where it declares none.
    Tables are created with it (macros/engine), so no mart holds a number more precisely than it may be published.
#}
{% macro as_declared(query) -%}
    {%- set given = [] -%}
    {%- for column in model.columns.values() -%}
        {%- set precision = (column.config.meta or column.meta or {}).get('precision', 'exact') -%}
        {%- if precision not in ('exact', 'inherited') -%}
            {%- do given.append(released(adapter.quote(column.name), precision) ~ ' as ' ~ adapter.quote(column.name)) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if given -%}
select * replace (
    {{ given | join(',\n    ') }}
)
from (
{{ query }}
) as exact
    {%- else -%}
{{ query }}
    {%- endif -%}
{%- endmacro %}
