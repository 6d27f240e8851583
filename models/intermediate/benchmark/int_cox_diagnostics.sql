with

coefficients as (

    select * from {{ ref('int_cox_coefficients') }}

),

efron_results as (

    select * from {{ ref('int_efron_results') }}

),

final as (

    select
        efron_results.sex,
        efron_results.term,
        coefficients.coefficient as breslow_coefficient,
        efron_results.efron_coefficient,
        efron_results.efron_standard_error,
        efron_results.proportional_hazards_statistic,
        efron_results.proportional_hazards_p_value
    from efron_results
    inner join coefficients
        on
            efron_results.sex = coefficients.sex
            and efron_results.term = coefficients.term
    where efron_results.result = 'terms'

)

select * from final
order by sex, term
