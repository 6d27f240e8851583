with

accounts as (

    select * from {{ ref('regk100') }}

),

municipalities as (

    select * from {{ ref('municipalities') }}

),

renamed as (

    select
        {{ account_columns() }},
        {{ to_text('"EJER"') }} as owner,
        {{ to_code('"GRUPPERING"', 3) }} as grouping
    from accounts
    where {{ is_in_thousand_kroner() }}

),

-- the export holds totals of the country, the regions and groups of municipalities beside the 98
final as (

    select distinct renamed.*
    from renamed
    inner join municipalities
        on renamed.municipality_code = municipalities.municipality_code

)

select * from final
