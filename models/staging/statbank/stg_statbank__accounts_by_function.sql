with

accounts as (

    select * from {{ ref('regk31') }}

),

municipalities as (

    select * from {{ ref('municipalities') }}

),

renamed as (

    select
        {{ to_code('"OMRÅDE"', 3) }} as municipality_code,
        {{ to_code('"FUNKTION"', 5) }} as function_code,
        {{ to_text('"DRANST"') }} as dranst,
        upper({{ to_text('"ART"') }}) as art,
        {{ to_integer('"TID"') }} as year,
        -- thousands of kroner
        cast(round({{ to_number('"INDHOLD"') }} * 1000) as bigint) as amount_dkk
    from accounts
    where upper({{ to_text('"PRISENHED"') }}) = 'LOBM'

),

-- the export holds totals of the country, the regions and groups of municipalities beside the 98
final as (

    select distinct
        renamed.municipality_code,
        renamed.function_code,
        renamed.dranst,
        renamed.art,
        renamed.year,
        renamed.amount_dkk
    from renamed
    inner join municipalities
        on renamed.municipality_code = municipalities.municipality_code

)

select * from final
