{#
    The parts of an intake that a distance is told by, and the factors of the Cox models in each (seed case_mix_terms). `sex` is no
    covariate: the models are fitted by sex.
#}
{% macro intake_domains() %}
    {{ return({
        "arrival": ["spell_start_year", "permit_year", "weeks_since_permit"],
        "origin": ["residence_ground", "origin"],
        "family": [
            "sex", "age_group", "family_type", "danish_partner", "children_0_2", "children_3_6", "children_0_17",
        ],
        "schooling": ["danish_education", "match_group"],
        "health": [
            "gp_contacts", "specialist", "hospital_days_4_plus", "mental_illness", "musculoskeletal_disease",
            "cardiovascular_disease", "nervous_system_disease", "nutritional_disease", "pain", "eye_disease", "dentist",
            "hospital_lpr3",
        ],
        "labour_market": [
            "unemployment_rate_commuting_area", "jobs_per_resident_commuting_area", "jobs_medium_high_skill",
        ],
    }) }}
{% endmacro %}

{# The part of the intake that a factor belongs to. #}
{% macro intake_domain(factor) -%}
    case
        {%- for domain, factors in intake_domains().items() %}
        when {{ factor }} in ('{{ factors | join("', '") }}') then '{{ domain }}'
        {%- endfor %}
    end
{%- endmacro %}

{# How many municipalities are shown beside one. #}
{% macro number_of_peers() %}{{ return(8) }}{% endmacro %}

{# How many municipalities a reader can set side by side: their pairs are held together by one interval. #}
{% macro compared_at_most() %}{{ return(6) }}{% endmacro %}
