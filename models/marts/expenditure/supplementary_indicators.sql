with

supplementary_indicators as (

    select * from {{ ref('int_supplementary_indicators') }}

),

final as (

    select
        municipality_code,
        years,
        expenditure_per_full_year_person_dkk,
        expenditure_indicator,
        standard_error
    from supplementary_indicators

)

select * from final
order by municipality_code
