with

programme_expenditure as (

    select * from {{ ref('int_programme_expenditure') }}

),

account_groupings as (

    select * from {{ ref('account_groupings') }}
    where function_code = '{{ programme_function() }}'

),

unnamed as (

    select
        programme_expenditure.municipality_code,
        programme_expenditure.year,
        programme_expenditure.grouping,
        account_groupings.label_da as grouping_da,
        account_groupings.label_en as grouping_en,
        programme_expenditure.scope,
        programme_expenditure.gross_dkk,
        programme_expenditure.payments_from_municipalities_dkk,
        programme_expenditure.net_of_payments_dkk
    from programme_expenditure
    left join account_groupings
        on programme_expenditure.grouping = account_groupings.grouping

),

final as (

    {{ with_municipality_names('unnamed') }}

)

select * from final
order by
    municipality_code,
    year,
    grouping
