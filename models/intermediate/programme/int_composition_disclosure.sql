with

composition as (

    select * from {{ ref('int_programme_composition') }}

),

groups as (

    {% for family, whole in composition_families().items() %}
    {% set terms = composition_terms()
        | selectattr('family', 'equalto', family) | map(attribute='term') | list %}
    {{ "union all" if not loop.first }}
    {% for term in terms %}
    {{ "union all" if not loop.first }}
    select
        municipality_code,
        year,
        persons,
        '{{ family }}' as family,
        '{{ term }}' as term,
        {{ term }}_persons as group_persons
    from composition
    {% endfor %}
    {% if whole %}
    union all
    select
        municipality_code,
        year,
        persons,
        '{{ family }}' as family,
        'rest' as term,
        {{ whole }}
        {% for term in terms %}
        - {{ term }}_persons
        {% endfor %}
            as group_persons
    from composition
    {% endif %}
    {% endfor %}

),

checked as (

    select
        *,
        {{ is_withheld('group_persons', within='municipality_code, year, family', key='term') }}
            as is_withheld
    from groups

),

-- the published expectation is the coefficients times the shares: with all shares but one or two it
-- would reveal the others, so two shares that may be anything between 0 and 1 are withheld too
final as (

    select
        municipality_code,
        year,
        family,
        term,
        group_persons,
        is_withheld
        or (
            family in ('under_25', 'refugees')
            and persons > {{ var('minimum_persons') }}
            and max(case when is_withheld then 1 else 0 end)
                over (partition by municipality_code, year) = 1
        ) as is_withheld
    from checked

)

select * from final
