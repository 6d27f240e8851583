with

countries as (

    select * from {{ ref('countries') }}

),

country_groups as (

    select * from {{ ref('country_groups') }}
    where country_grouping = '{{ var('country_grouping') }}'

),

-- a country that the study keeps by itself leaves the group that it has in the report
final as (

    select
        countries.country_code,
        countries.world_region,
        countries.is_western,
        coalesce(country_groups.origin, countries.origin) as origin,
        countries.country_group
    from countries
    left join country_groups
        on countries.country_code = country_groups.country_code

)

select * from final
