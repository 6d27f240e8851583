{#
    Whose rows the large registers are read for: who has a permit of the study's years in a category that can count. Some
    do not come into the study in the end; nobody who does is missing. Cheap, since the register of permits is small.
#}
{% macro persons_of_the_study() -%}
    select distinct {{ to_person_id('pnr') }} as person_id
    from {{ source('registers', 'ophg') }}
    where
        extract(year from {{ to_date('tilladelsesdato') }})
        between {{ var('first_permit_year') }} and {{ var('last_permit_year') }}
        and {{ to_code('kategori', 4) }} in (
            select permit_category from {{ ref('residence_grounds') }} where is_qualifying
        )
{%- endmacro %}
