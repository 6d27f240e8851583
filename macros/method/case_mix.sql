{# The years of the study's permits, as texts. The first is the reference of both year factors. #}
{% macro permit_years() %}
    {{ return(
        range(var("first_permit_year") | int, var("last_permit_year") | int + 1) | map("string") | list
    ) }}
{% endmacro %}

{# First day on which a permit of the study may be given, and the first whose hospital stays come from LPR3: yyyy-mm-dd. #}
{% macro first_permit_day() %}
    {{ return(var("first_permit_year") ~ "-01-01") }}
{% endmacro %}

{% macro lpr3_from() %}
    {{ return(var("lpr3_from") | string) }}
{% endmacro %}

{# Whether a permit of the study may have hospital stays of LPR3 in its health year. #}
{% macro reads_lpr3() %}
    {{ return(lpr3_from() <= var("last_permit_year") ~ "-12-31") }}
{% endmacro %}

{# Whether some permits of the study have hospital stays of lpr_adm and some those of LPR3. #}
{% macro crosses_lpr3() %}
    {{ return(first_permit_day() < lpr3_from() and reads_lpr3()) }}
{% endmacro %}

{# The residence grounds after 2014 that the study names as levels of their own. #}
{% macro further_grounds() %}
    {{ return(var("further_grounds") | reject("equalto", "none") | list) }}
{% endmacro %}

{# Whether a row of the seed residence_grounds is of a ground that the study names. #}
{% macro is_further_ground() -%}
    {%- set named = further_grounds() -%}
    {%- if named -%}
        coalesce(further_ground in ('{{ named | join("', '") }}'), false)
    {%- else -%}
        false
    {%- endif -%}
{%- endmacro %}

{# Whether a row of the seed dream_states holds in the study's version of DREAM. #}
{% macro is_of_dream_version() -%}
    coalesce(valid_from_version, 0) <= {{ var('dream_version') }}
    and {{ var('dream_version') }} <= coalesce(valid_to_version, 999912)
{%- endmacro %}

{#
    The indicator terms of the Cox model (report, appendix table 6.1) as factor -> levels, without the reference
    levels, and the terms that are used as they are. A test holds both against the seed case_mix_terms; another holds
    every value of a factor against both (tests/every_level_is_a_term_or_the_reference.sql).
#}
{% macro case_mix_factors() %}
    {{ return({
        "spell_start_year": permit_years()[1:],
        "match_group": ["2_or_3"],
        "permit_year": permit_years()[1:],
        "age_group": [
            "20_24", "25_29", "30_34", "35_39", "40_44", "45_49", "50_54", "55_59", "60_64",
        ],
        "danish_education": ["2", "3", "unknown"],
        "residence_ground": [
            "refugee_b_status", "refugee_quota", "family_to_danish_or_nordic", "family_to_foreigner",
            "family_to_refugee",
        ] + further_grounds(),
        "origin": [
            "europe_outside_eu28", "africa", "south_central_america", "asia", "yugoslavia", "morocco",
            "somalia", "afghanistan", "sri_lanka", "india", "iraq", "iran", "china", "lebanon", "pakistan",
            "philippines", "syria", "vietnam", "thailand", "russia", "ukraine", "bosnia_herzegovina",
            "macedonia", "rest",
        ] + (["eritrea"] if var("country_grouping") == "recent" else []),
        "family_type": ["cohabiting", "single"],
        "gp_contacts": ["1_4", "5_8", "9_12", "13_plus"],
    }) }}
{% endmacro %}

{% macro case_mix_values() %}
    {{ return([
        "weeks_since_permit", "danish_partner", "children_0_2", "children_3_6", "children_0_17",
        "specialist", "hospital_days_4_plus", "mental_illness", "musculoskeletal_disease",
        "cardiovascular_disease", "nervous_system_disease", "nutritional_disease", "pain", "eye_disease",
        "dentist", "unemployment_rate_commuting_area", "jobs_per_resident_commuting_area",
        "jobs_medium_high_skill",
    ] + (["hospital_lpr3"] if crosses_lpr3() else [])) }}
{% endmacro %}

{# Every term of the model, in the order of the columns of persons.case_mix. #}
{% macro case_mix_terms_in_order() %}
    {% set terms = [] %}
    {% for factor, levels in case_mix_factors().items() %}
        {% for level in levels %}{% do terms.append(factor ~ "_" ~ level) %}{% endfor %}
    {% endfor %}
    {{ return(terms + case_mix_values()) }}
{% endmacro %}
