with

spells as (

    select * from {{ ref('int_spells') }}

),

population as (

    select * from {{ ref('int_population') }}

),

family as (

    select * from {{ ref('int_family') }}

),

health as (

    select * from {{ ref('int_health') }}

),

match_groups as (

    select * from {{ ref('int_first_match_groups') }}

),

municipalities as (

    select * from {{ ref('municipalities') }}

),

labour_market as (

    select * from {{ ref('stg_statbank__labour_market') }}

),

final as (

    select
        spells.spell_id,
        -- later spells share the last permit year's level: the report prints no later one. The
        -- first days of a year may lie in the 53rd week of the year before, which has no level
        {{ as_text(
            'greatest(least(' ~ iso_year('spells.start_week') ~ ', ' ~ var('last_permit_year') ~ '), '
            ~ var('first_permit_year') ~ ')'
        ) }} as spell_start_year,
        {{ weeks_between(week_start('population.permit_date'), 'spells.start_week') }}
            as weeks_since_permit,
        coalesce(match_groups.match_group, 'other') as match_group,
        {{ as_text('population.permit_year') }} as permit_year,
        population.danish_education,
        population.residence_ground,
        population.origin,
        family.age_group,
        family.family_type,
        family.danish_partner,
        family.children_0_2,
        family.children_3_6,
        family.children_0_17,
        health.gp_contacts,
        health.specialist,
        health.hospital_days_4_plus,
        health.hospital_lpr3,
        health.mental_illness,
        health.musculoskeletal_disease,
        health.cardiovascular_disease,
        health.nervous_system_disease,
        health.nutritional_disease,
        health.pain,
        health.eye_disease,
        health.dentist,
        labour_market.unemployment_rate_percent as unemployment_rate_commuting_area,
        labour_market.jobs_per_resident as jobs_per_resident_commuting_area,
        labour_market.jobs_medium_high_skill_percent as jobs_medium_high_skill
    from spells
    inner join population
        on spells.person_id = population.person_id
    inner join family
        on spells.person_id = family.person_id
    inner join health
        on spells.person_id = health.person_id
    inner join municipalities
        on spells.municipality_code = municipalities.municipality_code
    inner join labour_market
        on
            municipalities.commuting_area = labour_market.commuting_area
            and population.permit_year = labour_market.year
    left join match_groups
        on spells.spell_id = match_groups.spell_id

)

select * from final
