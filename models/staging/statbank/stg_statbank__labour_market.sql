with

labour_market as (

    select * from {{ ref('labour_market') }}

),

final as (

    select distinct
        {{ to_text('"OMRÅDE"') }} as commuting_area,
        {{ to_integer('"TID"') }} as year,
        cast("LEDIGHEDSPROCENT" as double) as unemployment_rate_percent,
        cast("ARBEJDSPLADSER_PR_18_64" as double) as jobs_per_resident,
        cast("ARBEJDSPLADSER_MELLEMHOEJT_PROCENT" as double) as jobs_medium_high_skill_percent
    from labour_market

)

select * from final
