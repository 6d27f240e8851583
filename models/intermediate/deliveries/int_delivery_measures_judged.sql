with

profile as (

    select * from {{ ref('int_delivery_profile') }}

),

bands as (

    select * from {{ ref('int_delivery_bands') }}

),

-- a share of few rows is far from its mean by chance: three standard errors are allowed, and 100 rows are needed
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
        profile.counted / profile.base_rows as measured_value,
        case
            when bands.is_share
                then 3 * sqrt(greatest(profile.counted * (profile.base_rows - profile.counted), 0)) / sqrt(profile.base_rows)
                / profile.base_rows
            else 0
        end as margin
    from profile
    inner join bands
        on
            profile.register = bands.register
            and profile.measure = bands.measure
    where profile.base_rows >= 100

),

judged as (

    select
        *,
        case
            when measured_value + margin < possible_low or measured_value - margin > possible_high then 'error'
            when measured_value + margin < expected_low or measured_value - margin > expected_high then 'warning'
            else 'ok'
        end as severity,
        greatest(expected_low - measured_value, measured_value - expected_high) as distance
    from measured

),

outside as (

    select
        *,
        count(*) over (partition by register, measure) - 1 as others,
        row_number() over (
            partition by register, measure
            order by severity, distance desc, period
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
        'register ' || register || ': column ' || column_name || ': '
        || {{ measure_text('measured_value', 'is_share') }} || ' of ' || {{ counted('base_rows', 'row') }}
        || case when period = 'all' then '' else ' of ' || period end || ' ' || says
        || case when others = 0 then '' else ', and ' || {{ counted('others', 'other period') }} || ' are off too' end
        || '; ' || {{ measure_text('expected_low', 'is_share') }} || ' to '
        || {{ measure_text('expected_high', 'is_share') }} || ' are expected. ' || why as sentence
    from outside
    where place = 1

)

select * from final
