with

diagnostics as (

    select * from {{ ref('int_cox_diagnostics') }}

),

term_persons as (

    select * from {{ ref('int_cox_term_persons') }}

),

final as (

    select
        diagnostics.sex,
        diagnostics.term,
        {% set columns = [
            'breslow_coefficient', 'efron_coefficient', 'efron_standard_error',
            'proportional_hazards_statistic', 'proportional_hazards_p_value',
        ] %}
        {% for column in columns %}
        {{ unless_few('term_persons.persons_with_success', 'diagnostics.' ~ column) }}
            as {{ column }}{{ "," if not loop.last }}
        {% endfor %}
    from diagnostics
    left join term_persons
        on
            diagnostics.sex = term_persons.sex
            and diagnostics.term = term_persons.term

)

select * from final
order by
    sex,
    {{ position_in('term', case_mix_terms_in_order()) }}
