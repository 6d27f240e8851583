with

-- where the Cox models have Efron's ties, the Breslow coefficients are fitted beside them
breslow as (

    {% if var('ties') == 'breslow' %}
    select
        sex,
        term,
        coefficient as breslow_coefficient
    from {{ ref('int_cox_coefficients') }}
    {% else %}
    select
        sex,
        term,
        breslow_coefficient
    from {{ ref('int_efron_results') }}
    where result = 'breslow_terms'
    {% endif %}

),

efron_results as (

    select * from {{ ref('int_efron_results') }}

),

final as (

    select
        efron_results.sex,
        efron_results.term,
        breslow.breslow_coefficient,
        efron_results.efron_coefficient,
        efron_results.efron_standard_error,
        efron_results.proportional_hazards_statistic,
        efron_results.proportional_hazards_p_value
    from efron_results
    inner join breslow
        on
            efron_results.sex = breslow.sex
            and efron_results.term = breslow.term
    where efron_results.result = 'terms'

)

select * from final
order by sex, term
