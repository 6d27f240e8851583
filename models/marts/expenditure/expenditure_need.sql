with

expenditure_need as (

    select * from {{ ref('int_expenditure_need') }}

),

final as (

    select
        municipality_code,
        year,
        actual_dkk,
        expected_dkk,
        expenditure_indicator
    from expenditure_need

)

select * from final
order by
    municipality_code,
    year
