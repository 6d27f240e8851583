with

coefficients as (

    select * from {{ ref('int_cox_coefficients') }}

),

term_persons as (

    select * from {{ ref('int_cox_term_persons') }}

),

-- "infinite" would say that nobody on a level succeeded, so the status is withheld when persons
-- are few
final as (

    select
        coefficients.sex,
        coefficients.term,
        coalesce(
            {{ unless_few('term_persons.persons_with_success', 'coefficients.status') }},
            'few_persons'
        ) as status,
        {% set columns = [
            'coefficient', 'standard_error', 'model_standard_error', 'z', 'p_value', 'hazard_ratio',
            'ci_low', 'ci_high',
        ] %}
        {% for column in columns %}
        {{ unless_few('term_persons.persons_with_success', 'coefficients.' ~ column) }}
            as {{ column }}{{ "," if not loop.last }}
        {% endfor %}
    from coefficients
    left join term_persons
        on
            coefficients.sex = term_persons.sex
            and coefficients.term = term_persons.term

)

select * from final
order by
    sex,
    {{ position_in('term', case_mix_terms_in_order()) }}
