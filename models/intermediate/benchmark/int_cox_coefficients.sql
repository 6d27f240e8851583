with

cox_results as (

    select * from {{ ref('int_cox_results') }}

),

final as (

    select
        sex,
        term,
        status,
        coefficient,
        standard_error,
        model_standard_error,
        z,
        p_value,
        hazard_ratio,
        ci_low,
        ci_high
    from cox_results
    where result = 'coefficients'

)

select * from final
order by sex, term
