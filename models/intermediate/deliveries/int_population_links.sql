with

population as (

    select * from {{ ref('stg_registers__population') }}

),

deaths as (

    select * from {{ ref('stg_registers__deaths') }}

),

migrations as (

    select * from {{ ref('stg_registers__migrations') }}

),

moves as (

    select * from {{ ref('stg_registers__moves') }}

),

-- who was away at some time is left out of what is said about staying
emigrants as (

    select distinct person_id
    from migrations
    where direction_code = 'U'

),

movers as (

    select distinct
        person_id,
        extract(year from move_date) as move_year
    from moves
    where from_municipality_code <> to_municipality_code

),

permits as (

    select * from {{ ref('stg_registers__permits') }}

),

-- flyt may hold the persons of the study alone
permitted as (

    select distinct person_id
    from permits

),

ends_of_years as (

    select *
    from population
    where extract(month from reference_date) = 12

),

last_year as (

    select max(extract(year from reference_date)) as last_year
    from ends_of_years

),

families as (

    select
        reference_date,
        family_id,
        sum(case when family_place_code = 1 then 1 else 0 end) as main_persons
    from ends_of_years
    group by reference_date, family_id

),

final as (

    select
        own.person_id,
        own.reference_date,
        own.age_years,
        own.sex_code,
        own.municipality_code,
        own.origin_type_code,
        own.country_code,
        own.family_id,
        own.family_type_code,
        own.family_place_code,
        own.partner_id,
        families.main_persons,
        partner.person_id is not null as partner_is_found,
        partner.partner_id = own.person_id as partner_names_the_person,
        partner.family_id = own.family_id as partner_is_in_the_family,
        partner.sex_code <> own.sex_code as partner_is_of_the_other_sex,
        {{ completed_years('own.birth_date', 'own.reference_date') }} as exact_age_years,
        -- on the next 31 December there should be a row again
        extract(year from own.reference_date) < last_year.last_year
        and deaths.person_id is null
        and emigrants.person_id is null as is_due_next_year,
        next_year.person_id is not null as is_there_next_year,
        next_year.municipality_code = own.municipality_code as is_in_the_municipality_next_year,
        next_year.country_code = own.country_code as country_is_the_same_next_year,
        next_year.origin_type_code = own.origin_type_code as origin_is_the_same_next_year,
        movers.person_id is not null as moves_next_year,
        permitted.person_id is not null as has_permit
    from ends_of_years as own
    cross join last_year
    left join families
        on
            own.reference_date = families.reference_date
            and own.family_id = families.family_id
    left join ends_of_years as partner
        on
            own.partner_id = partner.person_id
            and own.reference_date = partner.reference_date
    left join ends_of_years as next_year
        on
            own.person_id = next_year.person_id
            and extract(year from own.reference_date) + 1
            = extract(year from next_year.reference_date)
    left join deaths
        on own.person_id = deaths.person_id
    left join emigrants
        on own.person_id = emigrants.person_id
    left join movers
        on
            own.person_id = movers.person_id
            and extract(year from own.reference_date) + 1 = movers.move_year
    left join permitted
        on own.person_id = permitted.person_id

)

select * from final
