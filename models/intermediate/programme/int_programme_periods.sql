with

population as (

    select * from {{ ref('int_population') }}

),

programme_rules as (

    select * from {{ ref('programme_rules') }}

),

under_the_law as (

    {{ under_the_law('population', 'programme_rules') }}

),

programme_ends as (

    select * from {{ ref('stg_registers__programme_ends') }}

),

programme_jobs as (

    select * from {{ ref('int_programme_jobs') }}

),

ends_by_person as (

    select
        person_id,
        max(programme_end_date) as programme_end_date
    from programme_ends
    group by person_id

),

-- what the register says goes before what work lets us guess
dated as (

    select
        under_the_law.person_id,
        under_the_law.programme_start_date,
        under_the_law.programme_end_date as end_date_constant,
        {{ add_years('under_the_law.programme_start_date', 'under_the_law.years_minimum') }}
            as earliest_end_date,
        {{ add_years('under_the_law.programme_start_date', 'under_the_law.years_maximum') }}
            as latest_end_date,
        case
            when under_the_law.years_minimum = under_the_law.years_maximum then null
            else coalesce(ends_by_person.programme_end_date, programme_jobs.job_week_start)
        end as event_date
    from under_the_law
    left join ends_by_person
        on under_the_law.person_id = ends_by_person.person_id
    left join programme_jobs
        on under_the_law.person_id = programme_jobs.person_id

),

legal as (

    select
        person_id,
        programme_start_date,
        end_date_constant,
        case
            when event_date is null then latest_end_date
            else least(latest_end_date, greatest(earliest_end_date, event_date))
        end as end_date_legal
    from dated

),

final as (

    select
        person_id,
        programme_start_date,
        end_date_constant,
        end_date_legal,
        end_date_{{ var('programme_rule') }} as programme_end_date
    from legal

)

select * from final
