-- The indicator that SQL builds is the one whose uncertainty Python derives: to 1e-9, relative.
with

indicators as (

    select * from {{ ref('int_benchmark_indicators') }}

),

uncertainty as (

    select * from {{ ref('int_indicator_uncertainty') }}

)

select
    indicators.municipality_code,
    indicators.benchmark_indicator,
    uncertainty.indicator
from indicators
full outer join uncertainty
    on indicators.municipality_code = uncertainty.municipality_code
where
    indicators.municipality_code is null
    or uncertainty.municipality_code is null
    or abs(indicators.benchmark_indicator / uncertainty.indicator - 1) > 1e-9
