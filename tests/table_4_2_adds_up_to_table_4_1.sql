-- The groupings of Table 4.2 are the programme's line of Table 4.1, gross expenditure net of
-- payments. Both are in million kroner; a krone is allowed for the rounding of floating-point
-- numbers.
with

by_grouping as (

    select
        year,
        {{ exact_sum('million_dkk') }} as million_dkk
    from {{ ref('table_4_2') }}
    group by year

),

programme as (

    select
        year,
        million_dkk
    from {{ ref('table_4_1') }}
    where
        scope = 'programme'
        and line = 'gross_net_of_payments'

)

select
    coalesce(by_grouping.year, programme.year) as year,
    by_grouping.million_dkk as table_4_2,
    programme.million_dkk as table_4_1
from by_grouping
full outer join programme
    on by_grouping.year = programme.year
where not coalesce(abs(by_grouping.million_dkk - programme.million_dkk) < 1e-6, false)
