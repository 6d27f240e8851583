{#
    Limits of a funnel around an indicator of 1: the normal quantile times the standard error of the log
    indicator, with or without over-dispersion (docs/statistics.md, Profiling).
#}
{% macro funnel_limit(log_spread, probability, side) -%}
    exp({{ "-" if side == 'low' }}{{ normal_quantile(probability) }} * {{ log_spread }})
{%- endmacro %}

{# Where an indicator stands; `inner` and `outer` are the names of the two pairs of limits. #}
{% macro funnel_position(indicator, inner, outer) -%}
    case
        when {{ indicator }} > {{ outer }}_high then 'above_998'
        when {{ indicator }} > {{ inner }}_high then 'above_95'
        when {{ indicator }} < {{ outer }}_low then 'below_998'
        when {{ indicator }} < {{ inner }}_low then 'below_95'
        else 'within'
    end
{%- endmacro %}

{# The four limits around a municipality's error, and around its spread with over-dispersion. #}
{% macro funnel_limit_columns() -%}
    {%- for prefix, spread in [('', 'log_standard_error'), ('adjusted_', 'log_spread')] %}
    {%- set outer = loop %}
    {%- for name, probability in [('95', 0.975), ('998', 0.999)] %}
    {%- set last = outer.last and loop.last %}
    {{ funnel_limit(spread, probability, 'low') }} as {{ prefix }}limit_{{ name }}_low,
    {{ funnel_limit(spread, probability, 'high') }} as {{ prefix }}limit_{{ name }}_high{{ ',' if not last }}
    {%- endfor %}
    {%- endfor %}
{%- endmacro %}
