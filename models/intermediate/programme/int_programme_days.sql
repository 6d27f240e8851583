with

programme_periods as (

    select * from {{ ref('int_programme_periods') }}

),

residence_periods as (

    select * from {{ ref('int_residence_periods') }}

),

deaths as (

    select * from {{ ref('stg_registers__deaths') }}

),

absences as (

    select * from {{ ref('int_absences') }}

),

calendar_weeks as (

    select * from {{ ref('int_calendar_weeks') }}

),

years as (

    select distinct
        iso_year as year,
        {{ day_of_year('iso_year', 1, 1) }} as year_start,
        {{ day_of_year('iso_year + 1', 1, 1) }} as year_end
    from calendar_weeks
    where
        iso_year between {{ var('first_expenditure_year') }}
        and {{ var('last_expenditure_year') }}

),

first_emigrations as (

    select
        absences.person_id,
        min(absences.absent_from) as emigration_date
    from absences
    inner join programme_periods
        on
            absences.person_id = programme_periods.person_id
            and absences.absent_from >= programme_periods.programme_start_date
    where absences.absent_from < absences.absent_to  -- a person back on the same day was not away
    group by absences.person_id

),

-- under the programme: to its end, to death or to the first emigration, that day not included
periods as (

    select
        programme_periods.person_id,
        programme_periods.programme_start_date as period_start,
        least(
            programme_periods.programme_end_date,
            coalesce(deaths.death_date, programme_periods.programme_end_date),
            coalesce(first_emigrations.emigration_date, programme_periods.programme_end_date)
        ) as period_end
    from programme_periods
    left join deaths
        on programme_periods.person_id = deaths.person_id
    left join first_emigrations
        on programme_periods.person_id = first_emigrations.person_id

),

overlapping as (

    select
        periods.person_id,
        residence_periods.municipality_code,
        years.year,
        greatest(periods.period_start, residence_periods.valid_from, years.year_start)
            as overlap_start,
        least(periods.period_end, residence_periods.valid_to, years.year_end)
            as overlap_end
    from periods
    inner join residence_periods
        on
            periods.person_id = residence_periods.person_id
            and residence_periods.valid_from < periods.period_end
            and periods.period_start < residence_periods.valid_to
    inner join years
        on
            years.year_start < periods.period_end
            and periods.period_start < years.year_end

),

final as (

    select
        person_id,
        municipality_code,
        year,
        cast(sum({{ days_between('overlap_start', 'overlap_end') }}) as bigint) as person_days
    from overlapping
    where overlap_start < overlap_end
    group by person_id, municipality_code, year

)

select * from final
order by person_id, municipality_code, year
