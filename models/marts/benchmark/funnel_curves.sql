with

limits as (

    select * from {{ ref('funnel_limits') }}

),

dispersion as (

    select * from {{ ref('indicator_dispersion') }}

),

steps as (

    {{ dbt.generate_series(101) }}

),

ends as (

    select
        min(precision) as lowest,
        max(precision) as highest
    from limits
    having count(*) > 0

),

-- 100 equal steps from the least to the most precise municipality
grid as (

    select
        cast(steps.generated_number as integer) as point,
        ends.lowest
        + (ends.highest - ends.lowest) * (steps.generated_number - 1) / 100.0 as precision
    from ends
    cross join steps

),

spreads as (

    select
        grid.point,
        grid.precision,
        1 / grid.precision as log_standard_error,
        sqrt(1 / (grid.precision * grid.precision) + dispersion.funnel_tau_squared) as log_spread
    from grid
    cross join dispersion

),

final as (

    select
        point,
        precision,
        log_standard_error,
        {{ funnel_limit_columns() }}
    from spreads

)

select * from final
order by point
