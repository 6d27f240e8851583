with

population as (

    select * from {{ ref('int_population') }}

),

population_register as (

    select * from {{ ref('stg_registers__population') }}

),

dated as (

    select
        population.person_id,
        population_register.reference_date,
        population_register.age_years,
        population_register.family_id,
        population_register.family_type_code,
        population_register.partner_id,
        {{ days_between(
            day_of_year('population.permit_year', 12, 31), 'population_register.reference_date'
        ) }} as days_after_permit_year
    from population
    inner join population_register
        on population.person_id = population_register.person_id

),

-- the row of 31 December of the permit year; without one the first later row, else the last row
ranked as (

    select
        *,
        row_number() over (
            partition by person_id
            order by
                case when days_after_permit_year >= 0 then 0 else 1 end,
                abs(days_after_permit_year)
        ) as row_number
    from dated

),

final as (

    select
        person_id,
        reference_date,
        age_years,
        family_id,
        family_type_code,
        partner_id
    from ranked
    where row_number = 1

)

select * from final
