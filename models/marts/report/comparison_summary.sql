{{ config(enabled=var('compare_with_print')) }}
with

comparison as (

    select * from {{ ref('published_comparison') }}

),

-- cells have different units: the largest difference is largest against its tolerance
ranked as (

    select
        *,
        row_number() over (
            partition by report_item
            order by
                case
                    when rebuilt is null then -2
                    when is_set_aside then -1
                    when tolerance > 0 then abs(difference) / tolerance
                    when difference <> 0 then 1e12 + abs(difference)
                    else 0
                end desc,
                cell asc
        ) as difference_rank
    from comparison

),

counted as (

    select
        report_item,
        cast(count(*) as bigint) as cells,
        cast(sum(case when within_tolerance then 1 else 0 end) as bigint) as within_tolerance,
        cast(
            sum(case when is_set_aside and not within_tolerance then 1 else 0 end) as bigint
        ) as set_aside,
        cast(sum(case when rebuilt is null then 1 else 0 end) as bigint) as not_compared,
        max(case when difference_rank = 1 then difference end) as largest_difference,
        max(case when difference_rank = 1 then tolerance end) as its_tolerance,
        max(case when difference_rank = 1 then cell end) as largest_difference_cell
    from ranked
    group by report_item

),

-- a cell that is set aside is not a target
final as (

    select
        *,
        cells - set_aside as compared,
        case when cells > set_aside then within_tolerance / cast(cells - set_aside as double) end
            as share_within
    from counted

)

select * from final
order by {{ position_in('report_item', report_items().keys()) }}
