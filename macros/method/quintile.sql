{#
    The fifth that a rank falls in, as even as possible; what cannot be shared evenly goes to the last groups:
    92 municipalities give 18, 18, 18, 19 and 19, as in the report's Table 5.2.
#}
{% macro quintile(rank, number) -%}
    cast(
        case
            {%- for fifth in range(1, 5) %}
            when
                {{ rank }} <= {{ fifth }} * floor({{ number }} / 5)
                + greatest(0, {{ fifth }} - 5 + mod({{ number }}, 5))
                then {{ fifth }}
            {%- endfor %}
            else 5
        end
        as integer
    )
{%- endmacro %}
