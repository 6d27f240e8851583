with

cox_results as (

    select * from {{ ref('int_cox_results') }}

),

final as (

    select
        municipality_code,
        indicator,
        standard_error,
        log_standard_error,
        ci_low,
        ci_high,
        z,
        p_value,
        p_value_fdr
    from cox_results
    where result = 'indicators'

)

select * from final
order by municipality_code
