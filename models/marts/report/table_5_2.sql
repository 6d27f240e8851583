with

indicators as (

    select * from {{ ref('expenditure_indicators') }}

),

final as (

    select
        quintile,
        cast(count(*) as bigint) as municipalities,
        {{ exact_sum('expenditure_indicator') }} / count(*) as mean_expenditure_indicator
    from indicators
    group by quintile

)

select * from final
order by quintile
