{#
    The shares that describe who is under the programme, with the condition a person meets (columns of
    int_population; `age_years` is the age on 31 December of the year). `in_model` is the first of the report's
    cost-need models that uses the share (Table 5.1, whose order this is); a share without it is a reference
    group or is given for completeness. `family`: the groups that make up a whole, see composition_families.
#}
{% macro composition_terms() %}
    {{ return([
        {"term": "share_danish_education_unknown", "family": "danish_education", "condition": "danish_education = 'unknown'", "in_model": 1},
        {"term": "share_danish_education_1", "family": "danish_education", "condition": "danish_education = '1'", "in_model": 1},
        {"term": "share_danish_education_2", "family": "danish_education", "condition": "danish_education = '2'", "in_model": 1},
        {"term": "share_danish_education_3", "family": "danish_education", "condition": "danish_education = '3'"},
        {"term": "share_under_25", "family": "under_25", "condition": "age_years < 25", "in_model": 1},
        {"term": "share_refugees", "family": "refugees", "condition": "residence_group = 'refugee'", "in_model": 1},
        {"term": "share_europe_outside_eu28", "family": "world_region", "condition": "world_region = 'europe_outside_eu28'", "in_model": 2},
        {"term": "share_africa", "family": "world_region", "condition": "world_region = 'africa'"},
        {"term": "share_south_central_america", "family": "world_region", "condition": "world_region = 'south_central_america'", "in_model": 2},
        {"term": "share_asia", "family": "world_region", "condition": "world_region = 'asia'", "in_model": 2},
        {"term": "share_syria", "family": "share_asia", "condition": "country_group = 'syria'", "in_model": 3},
        {"term": "share_thailand_philippines", "family": "share_asia", "condition": "country_group = 'thailand_philippines'", "in_model": 3},
        {"term": "share_turkey", "family": "share_europe_outside_eu28", "condition": "country_group = 'turkey'", "in_model": 3},
        {"term": "share_iran_afghanistan", "family": "share_asia", "condition": "country_group = 'iran_afghanistan'", "in_model": 3},
    ]) }}
{% endmacro %}

{#
    What the groups of a family add up to: all persons, or the persons of a wider group, by the stem of their columns
    in int_programme_composition. Persons in none of the groups form a further group; for Danish
    education there are no such persons.
#}
{% macro composition_families() %}
    {{ return({
        "danish_education": none,
        "under_25": "persons",
        "refugees": "persons",
        "world_region": "persons",
        "share_asia": "share_asia_persons",
        "share_europe_outside_eu28": "share_europe_outside_eu28_persons",
    }) }}
{% endmacro %}

{# The shares that the cost-need models use. #}
{% macro cost_need_shares() %}
    {{ return(composition_terms() | selectattr("in_model", "defined") | map(attribute="term") | list) }}
{% endmacro %}

{# The terms of the cost-need models in the order of Table 5.1. #}
{% macro cost_need_terms_in_order() %}
    {% set terms = cost_need_shares() %}
    {% for year in range(var("first_expenditure_year") | int + 1, var("last_expenditure_year") | int + 1) %}
        {% do terms.append("year_" ~ year) %}
    {% endfor %}
    {{ return(terms + ["constant"]) }}
{% endmacro %}

{#
    What a term of the cost-need models is compared with, as an SQL text: a share with the group of its whole that no
    model has, a country with the rest of its region, a year with the first. Other shares are each compared with the persons who
    are not in them: null.
#}
{% macro cost_need_reference(term) -%}
    {%- set shares = composition_terms() -%}
    {%- set family = shares | selectattr("term", "equalto", term) | map(attribute="family") | first -%}
    {%- set left_out = shares | selectattr("family", "equalto", family) | rejectattr("in_model", "defined") | list -%}
    {%- set wider = shares | selectattr("term", "equalto", family) | list -%}
    {%- if term.startswith("year_") -%}
        'year_{{ var("first_expenditure_year") }}'
    {%- elif wider -%}
        '{{ family }}'
    {%- elif left_out -%}
        '{{ left_out[0].term }}'
    {%- else -%}
        null
    {%- endif -%}
{%- endmacro %}

{# Who is under the programme in a municipality and year, with what the conditions of composition_terms read. #}
{% macro programme_members(programme_days, population) -%}
    select
        {{ programme_days }}.municipality_code,
        {{ programme_days }}.year,
        {{ programme_days }}.person_id,
        {{ programme_days }}.person_days,
        {{ population }}.danish_education,
        {{ population }}.residence_group,
        {{ population }}.world_region,
        {{ population }}.country_group,
        {{ completed_years(
            population ~ '.birth_date', day_of_year(programme_days ~ '.year', 12, 31)
        ) }} as age_years
    from {{ programme_days }}
    inner join {{ population }}
        on {{ programme_days }}.person_id = {{ population }}.person_id
{%- endmacro %}

{# The row of all municipalities together, in place of a municipality's code. #}
{% macro whole_country() %}{{ return("all") }}{% endmacro %}

{#
    The step that a share of the composition is rounded to: a percent, and two percent where a percent is about one person.
#}
{% macro share_step(persons) -%}
    case when {{ persons }} < 150 then 0.02 else 0.01 end
{%- endmacro %}

{# One column per share of a query with one row per share (term, share, withheld_reason), and one for its reason. #}
{% macro shares_in_columns(shares, key) -%}
    select
        {{ key | join(',\n        ') }},
        {% for column in ['share', 'withheld_reason'] %}
        {% for share in composition_terms() %}
        max(case when term = '{{ share.term }}' then {{ column }} end)
            as {{ share.term }}{{ '_withheld_reason' if column == 'withheld_reason' }}{{ "," if not (loop.last and column == 'withheld_reason') }}
        {% endfor %}
        {% endfor %}
    from {{ shares }}
    group by {{ key | join(', ') }}
{%- endmacro %}
