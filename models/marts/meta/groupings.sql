with

account_groupings as (

    select * from {{ ref('account_groupings') }}

),

final as (

    select
        grouping,
        scope,
        label_da,
        label_en
    from account_groupings

)

select * from final
order by grouping
