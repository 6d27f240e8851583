with

days as (

    {{ dbt.date_spine(
        datepart="day",
        start_date=date_literal((var('first_permit_year') | int - 1) ~ '-12-24'),
        end_date=add_days(date_literal(var('data_end_week')), 7),
    ) }}

),

mondays as (

    select distinct {{ week_start('date_day') }} as week_start
    from days

),

thursdays as (

    select
        week_start,
        {{ add_days('week_start', 3) }} as thursday,
        {{ add_days('week_start', 6) }} as sunday
    from mondays

),

-- an ISO week belongs to the year, and here also to the month, of its Thursday
parts as (

    select
        week_start,
        sunday,
        cast(extract(year from thursday) as integer) as iso_year,
        cast(floor((extract(doy from thursday) - 1) / 7) + 1 as integer) as iso_week,
        {{ month_start('thursday') }} as month_start
    from thursdays

),

final as (

    select
        week_start,
        sunday,
        iso_year,
        iso_week,
        lpad({{ as_text('mod(iso_year, 100)') }}, 2, '0')
        || lpad({{ as_text('iso_week') }}, 2, '0') as year_week,
        month_start,
        {{ days_between('month_start', add_months('month_start', 1)) }} as days_in_month
    from parts

)

select * from final
order by week_start
