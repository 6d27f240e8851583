with

moves as (

    select * from {{ ref('stg_registers__moves') }}

),

population as (

    select * from {{ ref('stg_registers__population') }}

),

ends_of_years as (

    select
        person_id,
        extract(year from reference_date) as calendar_year,
        municipality_code
    from population
    where extract(month from reference_date) = 12

),

ordered as (

    select
        *,
        extract(year from move_date) as calendar_year,
        lag(to_municipality_code) over (
            partition by person_id
            order by move_date
        ) as previous_municipality_code,
        row_number() over (
            partition by person_id, extract(year from move_date)
            order by move_date
        ) as place,
        row_number() over (
            partition by person_id, extract(year from move_date)
            order by move_date desc
        ) as place_from_the_end
    from moves

),

final as (

    select
        ordered.person_id,
        ordered.move_date,
        ordered.from_municipality_code,
        ordered.to_municipality_code,
        ordered.previous_municipality_code,
        ordered.place = 1 and before.person_id is not null as is_judged_by_last_year,
        before.municipality_code = ordered.from_municipality_code as leaves_where_bef_says,
        ordered.place_from_the_end = 1 and after.person_id is not null as is_judged_by_this_year,
        after.municipality_code = ordered.to_municipality_code as arrives_where_bef_says
    from ordered
    left join ends_of_years as before
        on
            ordered.person_id = before.person_id
            and ordered.calendar_year - 1 = before.calendar_year
    left join ends_of_years as after
        on
            ordered.person_id = after.person_id
            and ordered.calendar_year = after.calendar_year

)

select * from final
