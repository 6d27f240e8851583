with

expenditure_need as (

    select * from {{ ref('int_expenditure_need') }}

),

unnamed as (

    select
        municipality_code,
        year,
        actual_dkk,
        actual_dkk as expenditure_per_full_year_person_dkk,
        expected_dkk,
        expenditure_indicator
    from expenditure_need

),

final as (

    {{ with_municipality_names('unnamed') }}

)

select * from final
order by
    municipality_code,
    year
