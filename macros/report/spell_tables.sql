{# What Tables 2.1 and 2.2 share: the first is by sex, the second by ground of residence. #}

{#
    Duration "until employment or the end of the integration period" (row heading of Tables 2.1 and 2.2): a spell that
    the data cut off counts with all the weeks to the end of its programme window, every other one as it ended.
#}
{% macro weeks_until_success_or_end_of_programme(spells) -%}
    case
        when {{ spells }}.exit_reason = 'data_end' then {{ spells }}.weeks_to_window_end
        else {{ spells }}.duration_weeks
    end
{%- endmacro %}

{# The sums behind the mean durations, over spells with counted_weeks. #}
{% macro duration_sums() -%}
    cast(count(*) as bigint) as spells,
    cast(sum(counted_weeks) as bigint) as weeks,
    cast(sum(case when is_success then 1 else 0 end) as bigint) as successes,
    cast(sum(case when is_success then duration_weeks else 0 end) as bigint) as success_weeks,
    cast(count(distinct person_id) as bigint) as persons,
    cast(count(distinct case when is_success then person_id end) as bigint) as successful_persons
{%- endmacro %}

{# The means themselves; a tenth of a week does not tell by how many spells it was divided. #}
{% macro mean_durations() -%}
    case when not spells_are_withheld then round(cast(weeks as double) / spells, 1) end
        as mean_weeks_unfinished_counted,
    case when not successes_are_withheld then round(cast(success_weeks as double) / successes, 1) end
        as mean_weeks_successes_only
{%- endmacro %}

{# The two grounds that Table 2.2 prints; what is in its total only is a group, too. #}
{% macro ground_of_table_2_2(residence_group) -%}
    case
        when {{ residence_group }} in ('refugee', 'family_reunified') then {{ residence_group }}
        else 'neither'
    end
{%- endmacro %}
