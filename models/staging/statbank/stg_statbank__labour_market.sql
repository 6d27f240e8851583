with

labour_market as (

    select * from {{ ref('labour_market') }}

),

final as (

    select distinct
        {{ to_text('"OMRÅDE"') }} as commuting_area,
        {{ to_integer('"TID"') }} as year,
        {{ to_number('"LEDIGHEDSPROCENT"') }} as unemployment_rate_percent,
        {{ to_number('"ARBEJDSPLADSER_PR_18_64"') }} as jobs_per_resident,
        {{ to_number('"ARBEJDSPLADSER_MELLEMHOEJT_PROCENT"') }} as jobs_medium_high_skill_percent
    from labour_market

)

select * from final
