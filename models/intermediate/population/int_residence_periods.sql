with

population as (

    select * from {{ ref('int_population') }}

),

moves as (

    select * from {{ ref('stg_registers__moves') }}

),

population_register as (

    select * from {{ ref('stg_registers__population') }}

),

-- Christiansoe is not a municipality and counts as Bornholm
municipal_moves as (

    select
        person_id,
        move_date,
        {{ municipality_lived_in('from_municipality_code') }} as from_municipality_code,
        {{ municipality_lived_in('to_municipality_code') }} as to_municipality_code
    from moves

),

real_moves as (

    select
        population.person_id,
        municipal_moves.move_date,
        municipal_moves.from_municipality_code,
        municipal_moves.to_municipality_code,
        row_number() over (
            partition by population.person_id, municipal_moves.move_date
            order by
                municipal_moves.to_municipality_code desc,
                municipal_moves.from_municipality_code asc
        ) as row_number_of_day
    from municipal_moves
    inner join population
        on
            municipal_moves.person_id = population.person_id
            and municipal_moves.move_date >= population.entry_date
    where municipal_moves.to_municipality_code <> municipal_moves.from_municipality_code

),

daily_moves as (

    select
        person_id,
        move_date,
        from_municipality_code,
        to_municipality_code,
        row_number() over (partition by person_id order by move_date) as move_number
    from real_moves
    where row_number_of_day = 1

),

first_registrations as (

    select
        population.person_id,
        {{ municipality_lived_in('population_register.municipality_code') }} as municipality_code,
        row_number() over (
            partition by population.person_id order by population_register.reference_date
        ) as row_number
    from population
    inner join population_register
        on
            population.person_id = population_register.person_id
            and population.entry_date <= population_register.reference_date

),

-- where the history starts: before the first move, or the only municipality ever seen
starting_municipalities as (

    select
        population.person_id,
        population.entry_date as valid_from,
        coalesce(
            daily_moves.from_municipality_code, first_registrations.municipality_code
        ) as municipality_code
    from population
    left join daily_moves
        on
            population.person_id = daily_moves.person_id
            and daily_moves.move_number = 1
    left join first_registrations
        on
            population.person_id = first_registrations.person_id
            and first_registrations.row_number = 1

),

all_starts as (

    select
        person_id,
        valid_from,
        municipality_code,
        0 as move_number
    from starting_municipalities

    union all

    select
        person_id,
        move_date as valid_from,
        to_municipality_code as municipality_code,
        move_number
    from daily_moves

),

final as (

    select
        person_id,
        municipality_code,
        valid_from,
        coalesce(
            lead(valid_from) over (partition by person_id order by move_number),
            {{ date_literal('9999-12-31') }}
        ) as valid_to
    from all_starts

)

select * from final
