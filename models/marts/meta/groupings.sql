with

account_groupings as (

    select * from {{ ref('account_groupings') }}

),

-- those of the study's accounts
final as (

    select
        grouping,
        scope,
        label_da,
        label_en
    from account_groupings
    where
        function_code = '{{ programme_function() }}'
        and (
            valid_from is null
            or extract(year from valid_from) <= {{ var('last_expenditure_year') }}
        )
        and (
            valid_to is null
            or extract(year from valid_to) >= {{ var('first_expenditure_year') }}
        )

)

select * from final
order by grouping
