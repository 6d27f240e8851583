with

errors as (

    select * from {{ ref('int_expenditure_errors') }}

),

positions as (

    select
        *,
        {{ position_of_interval('ci_low', 'ci_high') }} as position
    from errors

),

final as (

    select
        analysis,
        municipality_code,
        total_standard_error,
        ci_low,
        ci_high,
        position,
        p_value,
        p_value_fdr,
        case when p_value_fdr < 0.05 then position else 'around' end as position_fdr,
        uncertainty_reason
    from positions

)

select * from final
order by analysis, municipality_code
