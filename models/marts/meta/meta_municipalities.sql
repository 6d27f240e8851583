with

municipalities as (

    select * from {{ ref('municipalities') }}

),

final as (

    select
        municipality_code,
        municipality_name,
        province,
        region,
        commuting_area,
        population_2014,
        population_18_64_2014
    from municipalities

)

select * from final
order by municipality_code
