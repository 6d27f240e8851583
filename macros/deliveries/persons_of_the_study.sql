{#
    Whose rows the large registers are read for: who has a permit of the study's years in a category that can count. Some
    do not come into the study in the end; nobody who does is missing. Cheap, since the register of permits is small. The model
    names both relations, so that whoever reads the model sees what it rests on.
#}
{% macro persons_of_the_study(permits, grounds) -%}
    select distinct {{ to_person_id('pnr') }} as person_id
    from {{ permits }}
    where
        extract(year from {{ to_date('tilladelsesdato') }})
        between {{ var('first_permit_year') }} and {{ var('last_permit_year') }}
        and {{ to_code('kategori', 4) }} in (
            select permit_category from {{ grounds }} where is_qualifying
        )
{%- endmacro %}
