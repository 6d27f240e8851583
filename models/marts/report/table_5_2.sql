with

indicators as (

    select * from {{ ref('expenditure_indicators') }}

),

unlabelled as (

    select
        quintile,
        cast(count(*) as bigint) as municipalities,
        {{ exact_sum('expenditure_indicator') }} / count(*) as mean_expenditure_indicator
    from indicators
    group by quintile

),

final as (

    {{ with_report_labels('unlabelled', 'table_5_2') }}

)

select * from final
order by row_position
