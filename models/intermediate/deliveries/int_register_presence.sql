with

persons as (

    select * from {{ ref('int_delivery_persons') }}

),

life_courses as (

    select * from {{ ref('int_life_courses') }}

),

present as (

    select
        person_id,
        max(case when register = 'dream' then 1 else 0 end) as in_dream,
        max(case when register = 'bfl' then 1 else 0 end) as in_bfl,
        max(case when register = 'lmdb' then 1 else 0 end) as in_lmdb,
        max(case when register = 'sssy' then 1 else 0 end) as in_sssy,
        max(case when register = 'lpr_adm' then 1 else 0 end) as in_lpr_adm,
        max(case when register = 'danskudd' then 1 else 0 end) as in_danskudd
    from life_courses
    group by person_id

),

final as (

    select
        persons.person_id,
        persons.sex_code,
        persons.municipality_code,
        persons.family_place_code,
        extract(year from persons.first_permit_date) as permit_year,
        ntile(10) over (order by persons.person_id) as id_tenth,
        persons.first_immigration_date is not null as is_in_vnds,
        coalesce(present.in_dream, 0) = 1 as is_in_dream,
        coalesce(present.in_bfl, 0) = 1 as is_in_bfl,
        coalesce(present.in_lmdb, 0) = 1 as is_in_lmdb,
        coalesce(present.in_sssy, 0) = 1 as is_in_sssy,
        coalesce(present.in_lpr_adm, 0) = 1 as is_in_lpr_adm,
        coalesce(present.in_danskudd, 0) = 1 as is_in_danskudd
    from persons
    left join present
        on persons.person_id = present.person_id
    where
        persons.is_of_working_age
        and extract(year from persons.first_permit_date)
        between {{ var('first_permit_year') }} and {{ var('last_permit_year') }}

)

select * from final
