{#
    Duration "until employment or the end of the integration period" (row heading of Tables 2.1 and 2.2): an unfinished
    spell counts with all the weeks from its start to the end of the programme window, not only those it was seen.
#}
{% macro weeks_until_success_or_end_of_programme(spells) -%}
    case
        when {{ spells }}.outcome = 'unfinished' then {{ spells }}.weeks_to_window_end
        else {{ spells }}.duration_weeks
    end
{%- endmacro %}
