with

family_rows as (

    select * from {{ ref('int_family_rows') }}

),

population_register as (

    select * from {{ ref('stg_registers__population') }}

),

family_types as (

    select * from {{ ref('family_types') }}

),

children as (

    select
        family_rows.person_id,
        cast(count(*) as integer) as children_0_17,
        max(case when population_register.age_years <= 2 then 1 else 0 end)
            as children_0_2,
        max(case when population_register.age_years between 3 and 6 then 1 else 0 end)
            as children_3_6
    from family_rows
    inner join population_register
        on
            family_rows.family_id = population_register.family_id
            and family_rows.reference_date = population_register.reference_date
    where
        population_register.family_place_code = 3
        and population_register.age_years between 0 and 17
        and population_register.person_id <> family_rows.person_id
    group by family_rows.person_id

),

danish_partners as (

    select distinct family_rows.person_id
    from family_rows
    inner join population_register
        on
            family_rows.partner_id = population_register.person_id
            and family_rows.reference_date = population_register.reference_date
    where population_register.country_code = '5100'

),

final as (

    select
        family_rows.person_id,
        case
            when family_rows.age_years < 20 then 'under_20'
            when family_rows.age_years < 25 then '20_24'
            when family_rows.age_years < 30 then '25_29'
            when family_rows.age_years < 35 then '30_34'
            when family_rows.age_years < 40 then '35_39'
            when family_rows.age_years < 45 then '40_44'
            when family_rows.age_years < 50 then '45_49'
            when family_rows.age_years < 55 then '50_54'
            when family_rows.age_years < 60 then '55_59'
            else '60_64'
        end as age_group,
        family_types.family_type,
        case when danish_partners.person_id is null then 0 else 1 end as danish_partner,
        coalesce(children.children_0_2, 0) as children_0_2,
        coalesce(children.children_3_6, 0) as children_3_6,
        coalesce(children.children_0_17, 0) as children_0_17
    from family_rows
    left join family_types
        on family_rows.family_type_code = family_types.family_type_code
    left join danish_partners
        on family_rows.person_id = danish_partners.person_id
    left join children
        on family_rows.person_id = children.person_id

)

select * from final
