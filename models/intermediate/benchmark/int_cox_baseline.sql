with

cox_results as (

    select * from {{ ref('int_cox_results') }}

),

final as (

    select
        sex,
        week,
        survival
    from cox_results
    where result = 'baseline'

)

select * from final
order by sex, week
