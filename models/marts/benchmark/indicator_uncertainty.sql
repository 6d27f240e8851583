with

indicator_uncertainty as (

    select * from {{ ref('int_indicator_uncertainty') }}

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
    from indicator_uncertainty

)

select * from final
order by municipality_code
