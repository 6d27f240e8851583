with

cox_input as (

    select * from {{ ref('int_cox_input') }}

),

coefficients as (

    select * from {{ ref('int_cox_coefficients') }}

),

-- one row per sex; a term that was dropped from the fit does not count
coefficients_by_sex as (

    select
        sex,
        {% for term in case_mix_terms_in_order() %}
        coalesce(max(case when term = '{{ term }}' then coefficient end), 0) as {{ term }},
        max(case when term = '{{ term }}' and status = 'infinite' then 1 else 0 end)
            as {{ term }}_is_infinite{{ "," if not loop.last }}
        {% endfor %}
    from coefficients
    group by sex

),

-- nobody succeeds at a level with an infinite coefficient: such a spell has no hazard at all
final as (

    select
        cox_input.spell_id,
        cox_input.sex,
        cox_input.municipality_code,
        cox_input.is_benchmarked,
        {% for term in case_mix_terms_in_order() %}
        {{ "+ " if not loop.first }}cox_input.{{ term }} * coefficients_by_sex.{{ term }}
        {% endfor %}
            as linear_predictor,
        {% for term in case_mix_terms_in_order() %}
        {{ "or " if not loop.first -}}
        (coefficients_by_sex.{{ term }}_is_infinite = 1 and cox_input.{{ term }} <> 0)
        {% endfor %}
            as is_without_hazard
    from cox_input
    inner join coefficients_by_sex
        on cox_input.sex = coefficients_by_sex.sex

)

select * from final
