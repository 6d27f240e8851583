with

table_4_3 as (

    select * from {{ ref('table_4_3') }}

),

unlabelled as (

    select
        year,
        mean_dkk
    from table_4_3

),

final as (

    {{ with_report_labels('unlabelled', 'figure_4_2') }}

)

select * from final
order by row_position
