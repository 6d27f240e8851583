with

indicator_uncertainty as (

    select * from {{ ref('int_indicator_uncertainty') }}

),

unnamed as (

    select
        municipality_code,
        indicator,
        indicator as benchmark_indicator,
        standard_error,
        log_standard_error,
        ci_low,
        ci_high,
        z,
        p_value,
        p_value_fdr
    from indicator_uncertainty

),

final as (

    {{ with_municipality_names('unnamed') }}

)

select * from final
order by municipality_code
