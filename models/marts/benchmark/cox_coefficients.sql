with

coefficients as (

    select * from {{ ref('int_cox_coefficients') }}

),

term_persons as (

    select * from {{ ref('int_cox_term_persons') }}

),

-- an interval, or a ratio, from the exact numbers would give their digits back
rounded as (

    select
        *,
        {{ released('coefficient', '7 decimals') }} as shown_coefficient,
        {{ released('standard_error', '5 significant digits') }} as shown_error
    from coefficients

),

derived as (

    select
        sex,
        term,
        status,
        shown_coefficient as coefficient,
        shown_error as standard_error,
        model_standard_error,
        z,
        p_value,
        case when coefficient is not null then exp(shown_coefficient) else hazard_ratio end
            as hazard_ratio,
        case
            when ci_low is not null
                then shown_coefficient - {{ normal_quantile(0.975) }} * shown_error
        end as ci_low,
        case
            when ci_high is not null
                then shown_coefficient + {{ normal_quantile(0.975) }} * shown_error
        end as ci_high
    from rounded

),

-- "infinite" would say that nobody on a level succeeded, so the status is withheld when persons
-- are few
final as (

    select
        derived.sex,
        derived.term,
        coalesce(
            {{ unless_few('term_persons.persons_with_success', 'derived.status') }},
            'few_persons'
        ) as status,
        {% set columns = [
            'coefficient', 'standard_error', 'model_standard_error', 'z', 'p_value', 'hazard_ratio',
            'ci_low', 'ci_high',
        ] %}
        {% for column in columns %}
        {{ unless_few('term_persons.persons_with_success', 'derived.' ~ column) }}
            as {{ column }}{{ "," if not loop.last }}
        {% endfor %}
    from derived
    left join term_persons
        on
            derived.sex = term_persons.sex
            and derived.term = term_persons.term

)

select * from final
order by
    sex,
    {{ position_in('term', case_mix_terms_in_order()) }}
