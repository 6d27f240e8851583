with

programme_expenditure as (

    select * from {{ ref('int_programme_expenditure') }}

),

final as (

    select
        municipality_code,
        year,
        grouping,
        scope,
        gross_dkk,
        payments_from_municipalities_dkk,
        net_of_payments_dkk
    from programme_expenditure

)

select * from final
order by
    municipality_code,
    year,
    grouping
