-- Five groups whose sizes differ by one at most, the larger ones last: 18, 18, 18, 19, 19 of 92, as
-- in Table 5.2.
with

members as (

    select
        'benchmark' as indicator,
        quintile,
        benchmark_indicator as success
    from {{ ref('int_benchmark_indicators') }}
    union all
    select
        'expenditure' as indicator,
        quintile,
        -expenditure_indicator as success
    from {{ ref('int_expenditure_indicators') }}

),

groups as (

    select
        indicator,
        quintile,
        cast(count(*) as bigint) as municipalities,
        max(success) as highest,
        min(success) as lowest
    from members
    group by indicator, quintile

),

neighbours as (

    select
        *,
        cast(count(*) over (partition by indicator) as bigint) as quintiles,
        max(municipalities) over (partition by indicator)
        - min(municipalities) over (partition by indicator) as spread,
        lag(municipalities) over (partition by indicator order by quintile)
            as municipalities_before,
        lag(lowest) over (partition by indicator order by quintile) as lowest_before
    from groups

)

select
    indicator,
    quintile,
    municipalities
from neighbours
where
    quintiles <> 5
    or spread > 1
    or municipalities < municipalities_before
    or highest > lowest_before
