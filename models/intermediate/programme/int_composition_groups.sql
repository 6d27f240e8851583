{#
    The groups of the composition, one row each: those of a municipality, and those of the country.
#}
with

composition as (

    select
        municipality_code,
        year,
        is_withheld,
        persons,
        person_days,
        {% for share in composition_terms() %}
        {{ share.term }}_days,
        {{ share.term }}_persons{{ "," if not loop.last }}
        {% endfor %}
    from {{ ref('int_programme_composition') }}

),

-- a person counts once in every municipality lived in that year
country as (

    select
        '{{ whole_country() }}' as municipality_code,
        year,
        false as is_withheld,
        {% for column in ['persons', 'person_days'] %}
        cast(sum({{ column }}) as bigint) as {{ column }},
        {% endfor %}
        {% for share in composition_terms() %}
        cast(sum({{ share.term }}_days) as bigint) as {{ share.term }}_days,
        cast(sum({{ share.term }}_persons) as bigint)
            as {{ share.term }}_persons{{ "," if not loop.last }}
        {% endfor %}
    from composition
    group by year

),

places as (

    select * from composition
    union all
    select * from country

),

-- persons in none of a family's groups are a further group, which nobody publishes, but subtraction
-- gives
groups as (

    {% for family, whole in composition_families().items() %}
    {% set terms = composition_terms()
        | selectattr('family', 'equalto', family) | map(attribute='term') | list %}
    {% set of_whole = family ~ '_' if family.startswith('share_') else '' %}
    {% for term in terms + (['rest'] if whole else []) %}
    {{ "union all" if not (loop.first and family == 'danish_education') }}
    select
        municipality_code,
        year,
        is_withheld,
        persons,
        person_days,
        '{{ family }}' as family,
        '{{ term if term != 'rest' else 'rest_of_' ~ family }}' as term,
        '{{ family if of_whole else 'everybody' }}' as whole,
        {% if term == 'rest' %}
        {{ of_whole }}persons
        {% for other in terms %}
        - {{ other }}_persons
        {% endfor %}
            as group_persons,
        {{ of_whole if of_whole else 'person_' }}days
        {% for other in terms %}
        - {{ other }}_days
        {% endfor %}
            as group_days
        {% else %}
        {{ term }}_persons as group_persons,
        {{ term }}_days as group_days
        {% endif %}
    from places
    {% endfor %}
    {% endfor %}

),

final as (

    select
        municipality_code,
        year,
        is_withheld as place_is_withheld,
        persons,
        person_days,
        family,
        whole,
        term,
        group_persons,
        cast(group_days as double) / person_days as share,
        least(group_persons, persons - group_persons) < {{ disclosure_limit() }} as is_few,
        {{ share_step('persons') }} as step
    from groups

)

select * from final
order by
    municipality_code,
    year,
    term
