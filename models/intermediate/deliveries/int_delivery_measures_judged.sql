with

profile as (

    select * from {{ ref('int_delivery_profile') }}

),

bands as (

    select * from {{ ref('int_delivery_bands') }}

),

-- Wilson's interval of three standard errors: a share of few rows is far from its mean by chance
measured as (

    select
        profile.*,
        bands.is_share,
        bands.possible_low,
        bands.possible_high,
        bands.expected_low,
        bands.expected_high,
        bands.says,
        bands.why,
        cast(profile.base_rows as double) as base,
        profile.counted / profile.base_rows as measured_value
    from profile
    inner join bands
        on
            profile.register = bands.register
            and profile.measure = bands.measure
    where profile.base_rows >= case when bands.is_share then 8 else 100 end

),

spread as (

    select
        *,
        case
            when is_share
                then
                    3 / (1 + 9 / base)
                    * sqrt(
                        greatest(measured_value * (1 - measured_value), 0) / base
                        + 9 / (4 * base * base)
                    )
            else 0
        end as half_width,
        case
            when is_share then (measured_value + 9 / (2 * base)) / (1 + 9 / base)
            else measured_value
        end as middle
    from measured

),

judged as (

    select
        *,
        case
            when middle + half_width < possible_low or middle - half_width > possible_high
                then 'error'
            when middle + half_width < expected_low or middle - half_width > expected_high
                then 'warning'
            else 'ok'
        end as severity,
        greatest(expected_low - measured_value, measured_value - expected_high) as distance
    from spread

),

outside as (

    select
        *,
        count(*) over (partition by register, measure) - 1 as others,
        row_number() over (
            partition by register, measure
            order by severity asc, distance desc, period asc
        ) as place
    from judged
    where severity <> 'ok'

),

final as (

    select
        severity,
        register,
        column_name,
        measure,
        base_rows as row_count,
        'register ' || register || ': column ' || column_name
        || case when period = 'all' then '' else ', ' || period end || ': '
        || {{ measure_text('measured_value', 'is_share') }} || ' '
        || case when is_share then 'of ' || {{ counted('base_rows', 'row') }} || ' ' else '' end
        || says
        || case when is_share then '' else ' over ' || {{ counted('base_rows', 'row') }} end
        || case
            when others = 0 then ''
            else ' (' || {{ counted('others', 'other period') }} || ' as well)'
        end
        || '; ' || {{ measure_text('expected_low', 'is_share') }} || ' to '
        || {{ measure_text('expected_high', 'is_share') }} || ' are expected. ' || why
            as sentence
    from outside
    where place = 1

)

select * from final
