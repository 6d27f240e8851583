{% set factors = case_mix_factors() %}

with

cox_input as (

    select * from {{ ref('int_cox_input') }}
    where is_success

),

-- whether a person has a success on a level of a factor, off it, and on the reference level
persons as (

    select
        sex,
        person_id,
        {% for term in case_mix_terms_in_order() %}
        max(case when {{ term }} <> 0 then 1 else 0 end) as {{ term }}_on,
        max(case when {{ term }} <> 1 then 1 else 0 end) as {{ term }}_off,
        {% endfor %}
        {% for factor, levels in factors.items() %}
        max(case
            when
                0
                {% for level in levels %}
                + {{ factor }}_{{ level }}
                {% endfor %}
                = 0
                then 1
            else 0
        end) as {{ factor }}_reference{{ "," if not loop.last }}
        {% endfor %}
    from cox_input
    group by sex, person_id

),

counts as (

    select
        sex,
        {% for term in case_mix_terms_in_order() %}
        cast(sum({{ term }}_on) as bigint) as {{ term }}_on,
        cast(sum({{ term }}_off) as bigint) as {{ term }}_off,
        {% endfor %}
        {% for factor in factors %}
        cast(sum({{ factor }}_reference) as bigint)
            as {{ factor }}_reference{{ "," if not loop.last }}
        {% endfor %}
    from persons
    group by sex

),

-- a coefficient compares those on the level with those on the reference level
terms as (

    {% for factor, levels in factors.items() %}
    {% for level in levels %}
    select
        sex,
        '{{ factor }}_{{ level }}' as term,
        least({{ factor }}_{{ level }}_on, {{ factor }}_{{ level }}_off, {{ factor }}_reference)
            as persons_with_success
    from counts
    union all
    {% endfor %}
    {% endfor %}
    {% for value in case_mix_values() %}
    select
        sex,
        '{{ value }}' as term,
        least({{ value }}_on, {{ value }}_off) as persons_with_success
    from counts
    {{ "union all" if not loop.last }}
    {% endfor %}

)

select * from terms
