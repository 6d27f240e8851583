{#- by chance none of 20 come once in 500 million; families come together, so it is likelier -#}
{% set missing_rows, surely_missing_rows = 20, 40 %}
with

profile as (

    select * from {{ ref('int_delivery_profile') }}

),

weeks as (

    select * from {{ ref('int_calendar_weeks') }}

),

counted as (

    select
        register,
        column_name,
        measure,
        cast(period as date) as period_start,
        counted as period_rows
    from profile
    where measure in ('rows_by_month', 'rows_by_week')

),

-- from the first row on
calendars as (

    select
        register,
        column_name,
        measure,
        min(period_start) as first_start,
        max(period_start) as last_start
    from counted
    group by register, column_name, measure

),

-- the last month counts where it is over before the data end
periods as (

    select distinct
        'rows_by_month' as measure,
        month_start as period_start
    from weeks
    where
        {{ add_months('month_start', 1) }} <= {{ date_literal(var('data_end_week')) }}
        and extract(year from month_start) >= {{ var('first_permit_year') }}
    union all
    select
        'rows_by_week' as measure,
        week_start as period_start
    from weeks
    where week_start < {{ date_literal(var('data_end_week')) }}

),

filled as (

    select
        calendars.register,
        calendars.column_name,
        calendars.measure,
        calendars.last_start,
        periods.period_start,
        coalesce(counted.period_rows, 0) as period_rows
    from calendars
    inner join periods
        on
            calendars.measure = periods.measure
            -- months from the study's first one, weeks from the register's own
            and (periods.measure = 'rows_by_month' or calendars.first_start <= periods.period_start)
            -- later permits, and those who immigrate with them, are not asked for
            and (
                calendars.register not in ({{ registers_of_permits() }})
                or extract(year from periods.period_start) <= {{ var('last_permit_year') }}
            )
            -- what follows it is another register's
            and (
                calendars.register <> 'lpr_adm'
                or periods.period_start < {{ date_literal(var('lpr3_from')) }}
            )
    left join counted
        on
            calendars.register = counted.register
            and calendars.measure = counted.measure
            and periods.period_start = counted.period_start

),

-- what is usual: the mean of the six periods before, or of the six after where that is less
usual as (

    select
        *,
        avg(period_rows) over (
            partition by register, measure
            order by period_start
            rows between 6 preceding and 1 preceding
        ) as rows_before,
        avg(period_rows) over (
            partition by register, measure
            order by period_start
            rows between 1 following and 6 following
        ) as rows_after
    from filled

),

compared as (

    select
        *,
        case
            when rows_before > 0 and rows_after > 0 then least(rows_before, rows_after)
            else rows_before
        end as usual_rows
    from usual

),

holes as (

    select
        register,
        column_name,
        measure,
        last_start,
        period_start,
        usual_rows,
        case when period_rows < 0.1 * usual_rows then 'error' else 'warning' end as severity
    from compared
    where usual_rows >= 30 and period_rows + 3 * sqrt(period_rows) < 0.25 * usual_rows

),

-- months without any row, one after another: what is usual in a month may be few
numbered as (

    select
        *,
        row_number() over (partition by register order by period_start) as number,
        sum(case when period_rows > 0 then 1 else 0 end) over (
            partition by register
            order by period_start
        ) as periods_with_rows
    from filled
    where measure = 'rows_by_month'

),

empty_runs as (

    select
        register,
        column_name,
        last_start,
        min(period_start) as first_start,
        min(number) as first_number,
        max(number) as last_number,
        cast(count(*) as bigint) as months
    from numbered
    where period_rows = 0
    group by register, column_name, last_start, periods_with_rows

),

-- the mean of the year before, or of the year after where that is less
empty_runs_beside as (

    select
        empty_runs.register,
        empty_runs.column_name,
        empty_runs.last_start,
        empty_runs.first_start,
        empty_runs.months,
        avg(case when numbered.number < empty_runs.first_number then numbered.period_rows end)
            as rows_before,
        avg(case when numbered.number > empty_runs.last_number then numbered.period_rows end)
            as rows_after
    from empty_runs
    inner join numbered
        on
            empty_runs.register = numbered.register
            and numbered.number between empty_runs.first_number - 12 and empty_runs.last_number + 12
    group by
        empty_runs.register,
        empty_runs.column_name,
        empty_runs.last_start,
        empty_runs.first_start,
        empty_runs.months

),

-- the first months of a study have few rows: half a year of none is what tells
empty_runs_expected as (

    select
        *,
        months * least(
            coalesce(rows_before, rows_after), coalesce(rows_after, rows_before)
        ) as expected_rows
    from empty_runs_beside
    where rows_before is not null or months >= 6

),

empty_runs_of_registers as (

    select
        register,
        column_name,
        'empty_months' as measure,
        case when max(expected_rows) >= {{ surely_missing_rows }} then 'error' else 'warning' end
            as severity,
        cast(sum(months) as bigint) as months,
        min(first_start) as first_start,
        cast(round(max(expected_rows)) as bigint) as expected_rows
    from empty_runs_expected
    where expected_rows >= {{ missing_rows }}
    group by register, column_name

),

holes_of_registers as (

    select
        register,
        column_name,
        measure,
        min(severity) as severity,
        min(period_start) as first_start,
        max(last_start) as last_start,
        cast(count(*) as bigint) as holes,
        cast(min_by(usual_rows, period_start) as bigint) as usual_rows
    from holes
    group by register, column_name, measure

),

-- a year with a step at either end: part of it is missing, or it is there twice
quarters as (

    select
        register,
        column_name,
        extract(year from period_start) as calendar_year,
        sum(case when extract(month from period_start) <= 3 then period_rows else 0 end)
            as first_rows,
        sum(case when extract(month from period_start) >= 10 then period_rows else 0 end)
            as last_rows,
        sum(case when extract(month from period_start) <= 3 then 1 else 0 end) as first_months,
        sum(case when extract(month from period_start) >= 10 then 1 else 0 end) as last_months,
        count(*) as months
    from filled
    where measure = 'rows_by_month'
    group by register, column_name, extract(year from period_start)

),

beside as (

    select
        *,
        first_rows + last_rows as inner_rows,
        lag(last_rows) over (partition by register order by calendar_year)
        + lead(first_rows) over (partition by register order by calendar_year) as outer_rows,
        lag(last_months) over (partition by register order by calendar_year)
        + lead(first_months) over (partition by register order by calendar_year) as outer_months
    from quarters

),

steps as (

    select
        *,
        inner_rows / outer_rows as ratio,
        abs(ln(greatest(inner_rows / outer_rows, 0.01))) as step,
        3 * sqrt(1 / outer_rows + 1 / greatest(inner_rows, 1)) as margin
    from beside
    -- who comes differs from one year to the next
    where
        months = 12
        and outer_months = 6
        and outer_rows >= 100
        and register not in ({{ registers_of_permits() }})

),

steps_of_registers as (

    select
        register,
        column_name,
        'steps' as measure,
        min(case when ratio not between 0.55 and 1.8 then 'error' else 'warning' end)
            as severity,
        cast(count(*) as bigint) as years,
        cast(max_by(calendar_year, step) as integer) as calendar_year,
        max_by(ratio, step) as ratio
    from steps
    where ratio < 0.7 * (1 - margin) or ratio > 1.45 * (1 + margin)
    group by register, column_name

),

final as (

    select
        severity,
        register,
        column_name,
        measure,
        holes as row_count,
        'register ' || register || ': column ' || column_name
        || case
            when first_start > last_start
                then ' has no row from ' || {{ as_text('first_start') }} || ' on'
            else
                ' has hardly a row of ' || {{ counted('holes', 'period') }} || ', the first from '
                || {{ as_text('first_start') }}
        end
        || ', where ' || {{ as_text('usual_rows') }} || ' are usual in a '
        || case when measure = 'rows_by_month' then 'month' else 'week' end
        || case
            when first_start > last_start then '. Does the register end before the data do?'
            else '. Is a part of a year missing?'
        end as sentence
    from holes_of_registers
    union all
    select
        severity,
        register,
        column_name,
        measure,
        months as row_count,
        'register ' || register || ': column ' || column_name
        || ' has no row in ' || {{ counted('months', 'month') }} || ' from '
        || {{ as_text('first_start') }} || ' on, where ' || {{ as_text('expected_rows') }}
        || ' rows are usual in so long a time. Is a part of a year missing?' as sentence
    from empty_runs_of_registers
    where not exists (
        select 1 from holes_of_registers
        where holes_of_registers.register = empty_runs_of_registers.register
    )
    union all
    select
        severity,
        register,
        column_name,
        measure,
        years as row_count,
        'register ' || register || ': column ' || column_name
        || ' has in the first and last months of ' || {{ as_text('calendar_year') }} || ' '
        || {{ as_text('cast(ratio as decimal(6, 2))') }}
        || ' times the rows of the months beside them'
        || case
            when years = 1 then ''
            else ', and in ' || {{ counted('years - 1', 'other year') }} || ' as well'
        end
        || '. Is a part of the year missing, or is it there twice?' as sentence
    from steps_of_registers

)

select * from final
